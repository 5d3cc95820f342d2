// A few threads that each run one compile at a time and can be told to stop
// it. Knows nothing of jobs beyond their number.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "server/compile/builder.h"

namespace tinyrig::server {

/// Thread-safe; made and destroyed by one thread.
class CompilePool {
 public:
  /// Called from the pool's threads, once for each Start that gave true, unless
  /// the pool ends before the compiler begins.
  using OnDone = std::function<void(int64_t job_id, CompileResult result)>;

  /// `thread_count`: compilers at once, 1 or more.
  CompilePool(Builder& builder, int thread_count, OnDone on_done);
  ~CompilePool();  ///< stops what runs and waits

  /// False: all threads are busy.
  bool Start(int64_t job_id, CompileRequest request);
  /// Tells the job's compiler to stop; its result says `cancelled`. Nothing
  /// happens when none runs.
  void Cancel(int64_t job_id);
  [[nodiscard]] bool HasRoom();

 private:
  struct Task {
    int64_t job_id = 0;
    CompileRequest request;
  };
  void Work();

  Builder& builder_;
  OnDone on_done_;
  size_t thread_count_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> waiting_;
  std::map<int64_t, std::shared_ptr<base::UniqueFd>> running_;  ///< eventfds
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace tinyrig::server
