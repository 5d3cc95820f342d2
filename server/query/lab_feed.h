// What changes in the lab, to all who listen: one thread looks once, whatever
// the number of listeners. Each begins with everything (all boards, all jobs
// that have not ended) and then gets what changed.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "server/api/lab_api.h"
#include "server/lab/job_lifecycle.h"
#include "tinyrig/v1/query_service.pb.h"

namespace tinyrig::server {

struct FeedItem {
  v1::LabEvent event;
  std::string json;  ///< of the Job, the Board or the QueuePositions alone
};

/// Called on the feed's thread: must not block.
class FeedSink {
 public:
  virtual ~FeedSink() = default;
  /// False: no longer wanted.
  virtual bool Take(const std::shared_ptr<const FeedItem>& item) = 0;
  /// Nothing comes any more: the server stops, or the one job has ended.
  virtual void End() = 0;
};

class LabFeed {
 public:
  LabFeed(Lab& lab, LabApi& api) : lab_(lab), api_(api), jobs_(lab) {}
  ~LabFeed() { Stop(); }
  void Start();
  /// Ends every listener.
  void Stop();

  /// `job_id` 0: the whole lab; else that job until it has ended.
  void Listen(int64_t job_id, std::weak_ptr<FeedSink> sink);

  /// Told of each job that ends while the server runs; before Start.
  void OnEnd(std::function<void(const v1::Job&)> told) { told_ = told; }

 private:
  struct Listener {
    int64_t job_id = 0;
    std::weak_ptr<FeedSink> sink;
    bool fresh = true;
  };
  using Item = std::shared_ptr<const FeedItem>;

  void Loop();
  void Round(const std::vector<int64_t>& job_ids);
  std::vector<Item> Jobs(const std::vector<int64_t>& job_ids, bool tell);
  std::vector<Item> OpenJobs();
  std::vector<Item> Boards(bool only_changed);
  std::vector<Item> ChangedBoards();
  void GreetFresh();
  std::vector<Item> Queue();
  [[nodiscard]] bool IsWatched() const;
  static bool Give(const Listener& listener, const std::vector<Item>& items);

  Lab& lab_;
  LabApi& api_;
  JobLifecycle jobs_;
  std::function<void(const v1::Job&)> told_ = [](const v1::Job&) {};
  std::thread thread_;
  std::atomic<bool> stopping_{false};

  std::mutex mutex_;  ///< guards arriving_
  std::vector<Listener> arriving_;
  // Of the feed's thread alone.
  std::vector<Listener> listeners_;
  std::set<int64_t> ended_;                    ///< told of already
  std::map<std::string, std::string> boards_;  ///< as shown last, serialised
  int64_t boards_due_us_ = 0;                  ///< next look at the boards
  std::vector<int64_t> order_;                 ///< of the queue, as told last
  int64_t order_due_us_ = 0;
};

}  // namespace tinyrig::server
