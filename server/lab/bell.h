// Wakes whoever waits for a job to change. Versions are read before the job
// is, so a change in between is never missed; jobs share a fixed number of
// bells, so a wait may also end for nothing.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <set>
#include <vector>

namespace tinyrig::server {

class Bell {
 public:
  uint64_t Version(int64_t job_id) {
    const std::lock_guard lock(mutex_);
    return versions_[Index(job_id)];
  }
  void Ring(int64_t job_id) {
    {
      const std::lock_guard lock(mutex_);
      ++versions_[Index(job_id)];
      if (collecting_) {
        rung_.insert(job_id);
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
  /// From now on keeps the ids of rung jobs for TakeRung: for one taker.
  void Collect() {
    const std::lock_guard lock(mutex_);
    collecting_ = true;
  }
  /// Jobs rung since the last call, each once; waits for the first one until
  /// the server stops or the time is over.
  std::vector<int64_t> TakeRung(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, timeout,
                      [&] { return stopped_ || !rung_.empty(); });
    std::vector<int64_t> taken(rung_.begin(), rung_.end());
    rung_.clear();
    return taken;
  }
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
    return static_cast<size_t>(job_id) % kBells;
  }
  static constexpr size_t kBells = 256;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::array<uint64_t, kBells> versions_{};
  bool stopped_ = false;
  bool collecting_ = false;
  std::set<int64_t> rung_;
};

}  // namespace tinyrig::server
