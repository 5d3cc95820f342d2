// Wakes whoever waits for a job to change. Versions are read before the job
// is, so a change in between is never missed; jobs share a fixed number of
// versions, so a wait may also end for nothing.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <set>
#include <vector>

namespace tinyrig::server {

/// Thread-safe; may be called with or without the lab's lock, which nobody who
/// waits here holds. `job_id` is the number of a job (12 of "j-12"); 0 stands
/// for no job and wakes the taker alone.
class ChangeNotifier {
 public:
  /// Differs from an earlier one when the job has changed since.
  uint64_t Version(int64_t job_id) {
    const std::lock_guard lock(mutex_);
    return versions_[Index(job_id)];
  }
  void Notify(int64_t job_id) {
    {
      const std::lock_guard lock(mutex_);
      ++versions_[Index(job_id)];
      if (collecting_) {
        changed_jobs_.insert(job_id);
      }
    }
    changed_.notify_all();
  }
  /// Until the version differs from `seen`, the server stops, or the time is
  /// over.
  void Wait(int64_t job_id, uint64_t seen, std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, timeout, [&] {
      return stopped_ || versions_[Index(job_id)] != seen;
    });
  }
  /// From now on keeps the ids of changed jobs for TakeChanged: for one taker.
  void Collect() {
    const std::lock_guard lock(mutex_);
    collecting_ = true;
  }
  /// Jobs that changed since the last call, each once, by number; waits for
  /// the first one until the server stops or the time is over.
  std::vector<int64_t> TakeChanged(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, timeout,
                      [&] { return stopped_ || !changed_jobs_.empty(); });
    std::vector<int64_t> taken(changed_jobs_.begin(), changed_jobs_.end());
    changed_jobs_.clear();
    return taken;
  }
  /// The server goes away: ends every wait, now and later.
  void Stop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
  }
  bool stopped() {
    const std::lock_guard lock(mutex_);
    return stopped_;
  }

 private:
  static size_t Index(int64_t job_id) {
    return static_cast<size_t>(job_id) % kVersions;
  }
  static constexpr size_t kVersions = 256;

  std::mutex mutex_;  ///< guards what follows
  std::condition_variable changed_;
  std::array<uint64_t, kVersions> versions_{};
  bool stopped_ = false;
  bool collecting_ = false;
  std::set<int64_t> changed_jobs_;
};

}  // namespace tinyrig::server
