// What changes in the lab, to all who listen: one thread looks once, whatever
// the number of listeners. Each begins with everything (all boards, all jobs
// that have not ended) and then gets what changed. Values: how an item goes
// over a wire is the listener's business.
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

/// A board, a job or the queue's positions as they are now; shared by all who
/// listen, never null.
using FeedItem = std::shared_ptr<const v1::LabEvent>;

/// Called on the feed's thread alone: must not block.
class FeedSink {
 public:
  virtual ~FeedSink() = default;
  /// All sinks are given an item before any is given the next. False: no
  /// longer wanted.
  virtual bool Take(const FeedItem& item) = 0;
  /// Nothing comes any more: the server stops, or the one job has ended.
  virtual void End() = 0;
};

/// Listen is thread-safe; the rest belongs to the thread that made it.
class LabFeed {
 public:
  LabFeed(Lab& lab, LabApi& api) : lab_(lab), api_(api), jobs_(lab) {}
  ~LabFeed() { Stop(); }
  void Start();
  /// Ends every listener.
  void Stop();

  /// `job_id` 0: the whole lab; else that job until it has ended. A sink that
  /// nobody owns any more is forgotten.
  void Listen(int64_t job_id, std::weak_ptr<FeedSink> sink);

  /// Told of each job that ends while the server runs; before Start.
  void OnEnd(std::function<void(const v1::Job&)> told) { told_ = told; }

 private:
  struct Listener {
    int64_t job_id = 0;
    std::weak_ptr<FeedSink> sink;
    bool fresh = true;  ///< has not been given anything yet
  };

  void Loop();
  void Round(const std::vector<int64_t>& job_ids);
  std::vector<FeedItem> Jobs(const std::vector<int64_t>& job_ids, bool tell);
  std::vector<FeedItem> OpenJobs();
  std::vector<FeedItem> Boards(bool only_changed);
  std::vector<FeedItem> ChangedBoards();
  void GreetFresh();
  std::vector<FeedItem> Queue();
  [[nodiscard]] bool IsWatched() const;
  void Give(const std::vector<Listener*>& listeners,
            const std::vector<FeedItem>& items);

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
