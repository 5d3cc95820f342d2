// Leases: which agent's board holds which job. A job has one live lease at
// most, a board too; each lease of a job has a fence of its own, and whoever
// writes for a lease names it. store.h says what holds for all parts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "server/queue/scheduler.h"
#include "server/store/records.h"

namespace tinyrig::server {

struct LeaseStore {
  virtual ~LeaseStore() = default;

  /// QUEUED with an artifact -> FLASHING; the fence of the new lease. Samples
  /// that another board (by name and uid) stored are dropped: a run has one
  /// board. FAILED_PRECONDITION: the job does not wait for a board, the board
  /// is held, or agent or board are not known.
  virtual absl::StatusOr<int64_t> AddLease(const NewLease& lease) = 0;
  /// By job.
  virtual absl::StatusOr<std::vector<LeaseRecord>> LiveLeases() = 0;
  virtual absl::StatusOr<std::optional<LeaseRecord>> FindLease(
      int64_t job_id, int64_t fence) = 0;
  /// Leases per submitter, by name: those that are live, and those that started
  /// at or after `since_us` (at most kUsageWindowUs ago).
  virtual absl::StatusOr<std::vector<SubmitterUsage>> Usage(
      int64_t since_us) = 0;
  /// FLASHING or RUNNING of a job on a board, whose newest lease has this
  /// fence. A power cut may take it back: the agent says it again.
  virtual absl::Status SetStage(int64_t job_id, int64_t fence,
                                v1::Job::State stage) = 0;
};

}  // namespace tinyrig::server
