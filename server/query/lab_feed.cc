#include "server/query/lab_feed.h"

#include <algorithm>
#include <utility>

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

FeedItem ItemOfQueue(const QueuePlan& plan, int64_t now_us) {
  auto event = std::make_shared<v1::LabEvent>();
  v1::QueuePositions& queue = *event->mutable_queue();
  for (const int64_t id : plan.order) {
    const QueuePlace& place = plan.places.at(id);
    v1::QueuePositions::Entry& entry = *queue.add_entries();
    entry.set_job_id(JobName(id));
    entry.set_position(place.position);
    if (const auto eta = plan.EtaAt(place, now_us)) {
      entry.set_start_eta_s(*eta);
    }
  }
  return event;
}

FeedItem ItemOfJob(v1::Job job) {
  auto event = std::make_shared<v1::LabEvent>();
  *event->mutable_job() = std::move(job);
  return event;
}

FeedItem ItemOfBoard(v1::Board board) {
  auto event = std::make_shared<v1::LabEvent>();
  *event->mutable_board() = std::move(board);
  return event;
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
  std::vector<FeedItem> items = Jobs(job_ids, true);
  const std::vector<FeedItem> boards = ChangedBoards();
  items.insert(items.end(), boards.begin(), boards.end());
  const std::vector<FeedItem> queue = Queue();
  items.insert(items.end(), queue.begin(), queue.end());
  std::vector<Listener*> all;
  for (Listener& listener : listeners_) {
    all.push_back(&listener);
  }
  Give(all, items);
  std::erase_if(listeners_, [](const Listener& listener) {
    return listener.sink.expired();
  });
}

// Item by item, so that whoever encodes them needs to remember only one. Who
// has gone, or has all that it wanted, loses its sink.
void LabFeed::Give(const std::vector<Listener*>& listeners,
                   const std::vector<FeedItem>& items) {
  for (const FeedItem& item : items) {
    const int64_t job_id = item->has_job() ? NumberOf(item->job().id()) : -1;
    for (Listener* listener : listeners) {
      const auto sink = listener->sink.lock();
      if (sink == nullptr ||
          (listener->job_id != 0 && listener->job_id != job_id)) {
        continue;
      }
      if (!sink->Take(item)) {
        listener->sink.reset();
      } else if (listener->job_id != 0 && HasEnded(item->job().state())) {
        sink->End();
        listener->sink.reset();
      }
    }
  }
}

// Everything once, however many come at the same time.
void LabFeed::GreetFresh() {
  std::vector<Listener*> of_all;
  for (Listener& listener : listeners_) {
    if (!std::exchange(listener.fresh, false)) {
      continue;
    }
    if (listener.job_id == 0) {
      of_all.push_back(&listener);
    } else {
      Give({&listener}, Jobs({listener.job_id}, false));
    }
  }
  if (of_all.empty()) {
    return;
  }
  Give(of_all, Boards(false));
  Give(of_all, OpenJobs());
}

bool LabFeed::IsWatched() const {
  return std::any_of(
      listeners_.begin(), listeners_.end(),
      [](const Listener& listener) { return listener.job_id == 0; });
}

// The positions, when they have moved and the last ones are old enough.
std::vector<FeedItem> LabFeed::Queue() {
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

std::vector<FeedItem> LabFeed::Jobs(const std::vector<int64_t>& job_ids,
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
  std::vector<FeedItem> items;
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

std::vector<FeedItem> LabFeed::OpenJobs() {
  std::vector<FeedItem> items;
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
std::vector<FeedItem> LabFeed::ChangedBoards() {
  const int64_t start_us = lab_.clock.MonotonicMicros();
  if (!IsWatched() || start_us < boards_due_us_) {
    return {};
  }
  std::vector<FeedItem> items = Boards(true);
  const int64_t end_us = lab_.clock.MonotonicMicros();
  boards_due_us_ = end_us + kRestPerLook * (end_us - start_us);
  return items;
}

std::vector<FeedItem> LabFeed::Boards(bool only_changed) {
  std::vector<FeedItem> items;
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
        items.push_back(ItemOfBoard(std::move(board)));
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
