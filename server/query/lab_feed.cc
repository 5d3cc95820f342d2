#include "server/query/lab_feed.h"

#include <algorithm>
#include <utility>

#include <google/protobuf/util/json_util.h>

#include "base/log.h"
#include "server/lab/queue_view.h"
#include "server/queue/job_state.h"
#include "server/request/resource_ids.h"

namespace tinyrig::server {
namespace {

// Boards change without a notice (an agent goes away): they are looked at.
constexpr std::chrono::milliseconds kLookUp{500};
// A job changes several times at once: gathered.
constexpr std::chrono::milliseconds kGather{20};
constexpr size_t kPage = 500;
constexpr size_t kMostEnded = 10'000;
// Positions: at most two a second, and a long queue less often: an event with
// 10,000 entries is some 600 kB for each listener.
constexpr int64_t kQueueGapUs = 500'000;
constexpr int64_t kJobsPerQueueGap = 1000;
constexpr int64_t kRestPerLook = 10;

int64_t NumberOf(const std::string& job_id) {
  return ParseJobId(job_id).value_or(-1);
}

std::shared_ptr<const FeedItem> ItemOf(v1::LabEvent event) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  auto item = std::make_shared<FeedItem>();
  item->event = std::move(event);
  const google::protobuf::Message& part =
      item->event.has_job()
          ? static_cast<const google::protobuf::Message&>(item->event.job())
          : item->event.board();
  const auto status =
      google::protobuf::util::MessageToJsonString(part, &item->json, options);
  if (!status.ok()) {
    LOG_ERROR("feed", "as JSON: {}", status.ToString());
  }
  return item;
}

// The JSON by hand: ten thousand entries, twice a second.
std::shared_ptr<const FeedItem> ItemOfQueue(const QueuePlan& plan,
                                            int64_t now_us) {
  auto item = std::make_shared<FeedItem>();
  v1::QueuePositions& queue = *item->event.mutable_queue();
  item->json = "{\"entries\":[";
  const char* comma = "";
  for (const int64_t id : plan.order) {
    const QueuePlace& place = plan.places.at(id);
    v1::QueuePositions::Entry& entry = *queue.add_entries();
    entry.set_job_id(JobName(id));
    entry.set_position(place.position);
    absl::StrAppend(&item->json, comma, "{\"jobId\":\"", entry.job_id(),
                    "\",\"position\":", place.position);
    if (const auto eta = plan.EtaAt(place, now_us)) {
      entry.set_start_eta_s(*eta);
      absl::StrAppend(&item->json, ",\"startEtaS\":", *eta);
    }
    item->json += "}";
    comma = ",";
  }
  item->json += "]}";
  return item;
}

std::shared_ptr<const FeedItem> ItemOfJob(v1::Job job) {
  v1::LabEvent event;
  *event.mutable_job() = std::move(job);
  return ItemOf(std::move(event));
}

}  // namespace

void LabFeed::Start() {
  lab_.changes.Collect();
  thread_ = std::thread([this] { Loop(); });
}

void LabFeed::Stop() {
  stopping_ = true;
  lab_.changes.Notify(0);
  if (thread_.joinable()) {
    thread_.join();
  }
}

void LabFeed::Listen(int64_t job_id, std::weak_ptr<FeedSink> sink) {
  {
    const std::lock_guard lock(mutex_);
    arriving_.push_back({job_id, std::move(sink)});
  }
  lab_.changes.Notify(0);
}

void LabFeed::Loop() {
  while (!stopping_ && !lab_.changes.stopped()) {
    const std::vector<int64_t> job_ids = lab_.changes.TakeChanged(kLookUp);
    Round(job_ids);
    if (!job_ids.empty()) {
      std::this_thread::sleep_for(kGather);
    }
  }
  Round(lab_.changes.TakeChanged(std::chrono::milliseconds(0)));
  for (const Listener& listener : listeners_) {
    if (const auto sink = listener.sink.lock()) {
      sink->End();
    }
  }
  listeners_.clear();
}

void LabFeed::Round(const std::vector<int64_t>& job_ids) {
  {
    const std::lock_guard lock(mutex_);
    std::move(arriving_.begin(), arriving_.end(),
              std::back_inserter(listeners_));
    arriving_.clear();
  }
  GreetFresh();
  std::vector<Item> items = Jobs(job_ids, true);
  const std::vector<Item> boards = ChangedBoards();
  items.insert(items.end(), boards.begin(), boards.end());
  const std::vector<Item> queue = Queue();
  items.insert(items.end(), queue.begin(), queue.end());
  std::erase_if(listeners_, [&](const Listener& listener) {
    return !Give(listener, items);
  });
}

// False once the listener has gone or has all that it wanted.
bool LabFeed::Give(const Listener& listener, const std::vector<Item>& items) {
  const auto sink = listener.sink.lock();
  if (sink == nullptr) {
    return false;
  }
  for (const Item& item : items) {
    if (listener.job_id == 0) {
      if (!sink->Take(item)) {
        return false;
      }
      continue;
    }
    if (!item->event.has_job() ||
        NumberOf(item->event.job().id()) != listener.job_id) {
      continue;
    }
    if (!sink->Take(item)) {
      return false;
    }
    if (HasEnded(item->event.job().state())) {
      sink->End();
      return false;
    }
  }
  return true;
}

// Everything once, however many come at the same time.
void LabFeed::GreetFresh() {
  std::vector<Item> everything;
  for (Listener& listener : listeners_) {
    if (!std::exchange(listener.fresh, false)) {
      continue;
    }
    if (listener.job_id == 0 && everything.empty()) {
      everything = Boards(false);
      const std::vector<Item> jobs = OpenJobs();
      everything.insert(everything.end(), jobs.begin(), jobs.end());
    }
    if (!Give(listener, listener.job_id == 0
                            ? everything
                            : Jobs({listener.job_id}, false))) {
      listener.sink.reset();
    }
  }
}

bool LabFeed::IsWatched() const {
  return std::any_of(
      listeners_.begin(), listeners_.end(),
      [](const Listener& listener) { return listener.job_id == 0; });
}

// The positions, when they have moved and the last ones are old enough.
std::vector<LabFeed::Item> LabFeed::Queue() {
  QueueView* view = lab_.queue;
  const bool is_watched = IsWatched();
  if (view == nullptr || !(view->TakeAsked() || is_watched)) {
    return {};
  }
  if (view->IsStale(false)) {
    const std::vector<std::string> up = BoardsUp(*lab_.state.Lock());
    view->Refresh(up);
  }
  const auto plan = view->Latest();
  const int64_t now_us = lab_.clock.MonotonicMicros();
  if (!is_watched || plan->order == order_ || now_us < order_due_us_) {
    return {};
  }
  order_ = plan->order;
  order_due_us_ =
      now_us + kQueueGapUs +
      kQueueGapUs * static_cast<int64_t>(order_.size()) / kJobsPerQueueGap;
  return {ItemOfQueue(*plan, now_us)};
}

std::vector<LabFeed::Item> LabFeed::Jobs(const std::vector<int64_t>& job_ids,
                                         bool tell) {
  std::vector<JobRecord> records;
  std::vector<v1::Job> jobs;
  {
    const auto live = lab_.state.Lock();
    for (const int64_t id : job_ids) {
      if (id == 0) {
        continue;
      }
      if (auto record = lab_.store.GetJob(id); record.ok()) {
        records.push_back(*std::move(record));
      }
    }
    jobs = jobs_.ShowAll(*live, records);
  }
  if (ended_.size() > kMostEnded) {
    ended_.clear();
  }
  std::vector<Item> items;
  for (v1::Job& job : jobs) {
    // A job that has ended may be notified of again.
    if (tell && HasEnded(job.state()) &&
        ended_.insert(NumberOf(job.id())).second) {
      told_(job);
    }
    if (!listeners_.empty()) {
      items.push_back(ItemOfJob(std::move(job)));
    }
  }
  return items;
}

std::vector<LabFeed::Item> LabFeed::OpenJobs() {
  std::vector<Item> items;
  for (const v1::Job::State state : {v1::Job::RUNNING, v1::Job::FLASHING,
                                     v1::Job::COMPILING, v1::Job::QUEUED}) {
    const auto ids = lab_.store.JobsIn(state);
    for (size_t begin = 0; ids.ok() && begin < ids->size(); begin += kPage) {
      std::vector<v1::Job> jobs;
      {
        const auto live = lab_.state.Lock();
        std::vector<JobRecord> records;
        for (size_t i = begin; i < std::min(begin + kPage, ids->size()); ++i) {
          if (auto record = lab_.store.GetJob((*ids)[i]); record.ok()) {
            records.push_back(*std::move(record));
          }
        }
        jobs = jobs_.ShowAll(*live, records);
      }
      for (v1::Job& job : jobs) {
        items.push_back(ItemOfJob(std::move(job)));
      }
    }
  }
  return items;
}

// A look at a thousand boards holds the lab up: rest before the next.
std::vector<LabFeed::Item> LabFeed::ChangedBoards() {
  const int64_t start_us = lab_.clock.MonotonicMicros();
  if (!IsWatched() || start_us < boards_due_us_) {
    return {};
  }
  std::vector<Item> items = Boards(true);
  const int64_t end_us = lab_.clock.MonotonicMicros();
  boards_due_us_ = end_us + kRestPerLook * (end_us - start_us);
  return items;
}

std::vector<LabFeed::Item> LabFeed::Boards(bool only_changed) {
  std::vector<Item> items;
  v1::ListBoardsRequest request;
  request.set_page_size(int32_t{kPage});
  do {
    auto response = api_.ListBoards({"feed"}, request);
    if (!response.ok()) {
      break;
    }
    for (v1::Board& board : *response->mutable_boards()) {
      v1::Board compared = board;
      compared.clear_last_seen_time();
      std::string text = compared.SerializeAsString();
      std::string& shown = boards_[board.name()];
      if (!only_changed || shown != text) {
        v1::LabEvent event;
        *event.mutable_board() = std::move(board);
        items.push_back(ItemOf(std::move(event)));
      }
      // What one newcomer saw is still news to the others.
      if (only_changed) {
        shown = std::move(text);
      }
    }
    request.set_page_token(response->next_page_token());
  } while (!request.page_token().empty());
  return items;
}

}  // namespace tinyrig::server
