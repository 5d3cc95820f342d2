// The jobs that wait, kept in order while they come and go: giving out leases
// costs what is given out, not what waits. Decides as scheduler.h says.
//
// Thread-safe; time is an argument.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "server/queue/scheduler.h"

namespace tinyrig::server {

class WaitingJobs {
 public:
  /// Adds a job, or takes what has changed of it.
  void Put(const QueuedJob& job);
  /// It waits no more; nothing happens if it never did.
  void Remove(int64_t job_id);
  /// A lease of this waiting job began; it counts for its submitter.
  void BeginLease(int64_t job_id, int64_t start_us);
  /// The same of a job that does not wait.
  void AddLease(int64_t job_id, const std::string& submitter, int64_t start_us);
  void EndLease(int64_t job_id);

  [[nodiscard]] size_t size() const;
  /// By id.
  [[nodiscard]] std::vector<QueuedJob> All() const;
  /// Leases now and since `since_us`, at most kUsageWindowUs ago.
  [[nodiscard]] std::vector<SubmitterUsage> Usage(int64_t since_us) const;

  /// Whether any compiled job waits.
  [[nodiscard]] bool HasCompiled() const;
  /// Schedule() of scheduler.h over the jobs here; changes nothing here.
  [[nodiscard]] std::vector<Assignment> Assign(std::vector<FreeBoard> boards,
                                               int64_t now_us);
  /// Jobs without an artifact, in the order in which they would be served.
  [[nodiscard]] std::vector<int64_t> NotCompiled(int64_t now_us);
  /// Grows with each job that comes without an artifact.
  [[nodiscard]] int64_t not_compiled_version() const;

 private:
  using AgeAndId = std::pair<int64_t, int64_t>;
  /// Jobs that differ in age alone: only the oldest competes.
  struct LaneKey {
    int negative_priority = 0;
    std::string board_id, board_name, submitter;
    auto operator<=>(const LaneKey&) const = default;
  };
  static LaneKey KeyOf(const QueuedJob& job);
  void Take(int64_t job_id);
  void Trim(int64_t since_us);
  void Begin(int64_t job_id, const std::string& submitter, int64_t start_us);

  mutable std::mutex mutex_;  ///< guards what follows
  std::unordered_map<int64_t, QueuedJob> jobs_;
  std::map<LaneKey, std::set<AgeAndId>> lanes_;  ///< compiled
  std::set<int64_t> not_compiled_;
  int64_t not_compiled_version_ = 0;

  struct Used {
    int running = 0;
    int recent_count = 0;
  };
  std::map<std::string, Used> usage_;
  std::map<int64_t, std::string> leases_;       ///< live: submitter by job
  std::multimap<int64_t, std::string> recent_;  ///< submitter by start
};

}  // namespace tinyrig::server
