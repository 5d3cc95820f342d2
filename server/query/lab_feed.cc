#include <algorithm>

#include <google/protobuf/util/json_util.h>

#include "base/log.h"
#include "server/query/lab_feed.h"
#include "server/queue/job_state.h"

namespace tinyrig::server {
namespace {

// Boards change without a bell (an agent goes away): they are looked at.
constexpr std::chrono::milliseconds kLookUp{500};
// A job changes several times at once: gathered.
constexpr std::chrono::milliseconds kGather{20};
constexpr size_t kPage = 500;
constexpr size_t kMostEnded = 10'000;

int64_t NumberOf(const std::string& job_id) {
  return ParseId("j-", job_id).value_or(-1);
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

std::shared_ptr<const FeedItem> ItemOfJob(v1::Job job) {
  v1::LabEvent event;
  *event.mutable_job() = std::move(job);
  return ItemOf(std::move(event));
}

}  // namespace

void LabFeed::Start() {
  lab_.bell.Collect();
  thread_ = std::thread([this] { Loop(); });
}

void LabFeed::Stop() {
  stopping_ = true;
  lab_.bell.Ring(0);
  if (thread_.joinable()) {
    thread_.join();
  }
}

void LabFeed::Listen(int64_t job_id, std::weak_ptr<FeedSink> sink) {
  {
    const std::lock_guard lock(mutex_);
    arriving_.push_back({job_id, std::move(sink)});
  }
  lab_.bell.Ring(0);
}

void LabFeed::Loop() {
  while (!stopping_ && !lab_.bell.stopped()) {
    const std::vector<int64_t> job_ids = lab_.bell.TakeRung(kLookUp);
    Round(job_ids);
    if (!job_ids.empty()) {
      std::this_thread::sleep_for(kGather);
    }
  }
  Round(lab_.bell.TakeRung(std::chrono::milliseconds(0)));
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
  for (Listener& listener : listeners_) {
    if (listener.fresh) {
      Greet(listener);
    }
  }
  std::vector<Item> items = Jobs(job_ids, true);
  if (!listeners_.empty()) {
    const std::vector<Item> boards = Boards(true);
    items.insert(items.end(), boards.begin(), boards.end());
  }
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

void LabFeed::Greet(Listener& listener) {
  listener.fresh = false;
  std::vector<Item> items;
  if (listener.job_id != 0) {
    items = Jobs({listener.job_id}, false);
  } else {
    items = Boards(false);
    const std::vector<Item> jobs = OpenJobs();
    items.insert(items.end(), jobs.begin(), jobs.end());
  }
  if (!Give(listener, items)) {
    listener.sink.reset();
  }
}

std::vector<LabFeed::Item> LabFeed::Jobs(const std::vector<int64_t>& job_ids,
                                         bool tell) {
  std::vector<JobRecord> records;
  std::vector<v1::Job> jobs;
  {
    const std::lock_guard lock(lab_.mutex);
    for (const int64_t id : job_ids) {
      if (id == 0) {
        continue;
      }
      if (auto record = lab_.store.GetJob(id); record.ok()) {
        records.push_back(*std::move(record));
      }
    }
    jobs = desk_.ShowAll(records);
  }
  if (ended_.size() > kMostEnded) {
    ended_.clear();
  }
  std::vector<Item> items;
  for (v1::Job& job : jobs) {
    // A bell may ring again for a job that has ended.
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
        const std::lock_guard lock(lab_.mutex);
        std::vector<JobRecord> records;
        for (size_t i = begin; i < std::min(begin + kPage, ids->size()); ++i) {
          if (auto record = lab_.store.GetJob((*ids)[i]); record.ok()) {
            records.push_back(*std::move(record));
          }
        }
        jobs = desk_.ShowAll(records);
      }
      for (v1::Job& job : jobs) {
        items.push_back(ItemOfJob(std::move(job)));
      }
    }
  }
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
