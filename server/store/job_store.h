// Jobs: what was asked, their way through the states, their logs. Leases are
// in lease_store.h; store.h says what holds for all parts.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "server/queue/scheduler.h"
#include "server/request/list_order.h"
#include "server/store/records.h"

namespace tinyrig::server {

/// So many lines of a job's log are kept; what comes then is dropped.
inline constexpr int64_t kMaxJobLogLines = 10'001;

struct JobStore {
  virtual ~JobStore() = default;

  /// Number of the new job, which is QUEUED. ALREADY_EXISTS: (request_id,
  /// board_id) is there. FAILED_PRECONDITION: its model is no blob that was
  /// added.
  virtual absl::StatusOr<int64_t> AddJob(const JobRecord& record) = 0;
  virtual absl::StatusOr<std::optional<JobRecord>> FindRequest(
      const std::string& request_id, const std::string& board_id) = 0;
  /// NOT_FOUND.
  virtual absl::StatusOr<JobRecord> GetJob(int64_t id) = 0;
  /// `request` is of JobFilterFields and JobOrderFields. The page is of one
  /// moment. Never waits for a writer. DEADLINE_EXCEEDED: the filter is too
  /// dear.
  virtual absl::StatusOr<ListPage<JobRecord>> ListJobs(
      const ListRequest& request) = 0;

  /// QUEUED jobs, by id.
  virtual absl::StatusOr<std::vector<QueuedJob>> Queue() = 0;
  virtual absl::StatusOr<int64_t> QueuedCount() = 0;
  /// Jobs in this state, oldest first.
  virtual absl::StatusOr<std::vector<int64_t>> JobsIn(v1::Job::State state) = 0;

  /// After a start: makes the revisions of jobs that have not ended grow past
  /// any that was shown before.
  virtual absl::Status RaiseRevisions() = 0;

  // Each change raises the job's revision by one.

  /// QUEUED without an artifact -> COMPILING.
  virtual absl::Status BeginCompile(int64_t id, int64_t now_us) = 0;
  /// COMPILING (or QUEUED with `cached`) -> QUEUED with an artifact; what the
  /// compiler took counts as used. `cached`: the artifact must still be a blob.
  virtual absl::Status EndCompile(int64_t id,
                                  const std::string& artifact_sha256,
                                  bool cached, int64_t now_us) = 0;
  /// Leaves one of `expected`; `ending.fence` must be the live lease, if any:
  /// the lease ends too and its time counts as used. INTERNAL: the states do
  /// not follow each other (IsLegal).
  virtual absl::Status EndAttempt(
      const Ending& ending, std::initializer_list<v1::Job::State> expected) = 0;
  /// Of a job that is FLASHING or RUNNING.
  virtual absl::Status RequestCancel(int64_t id) = 0;

  /// Adds lines at the end. A power cut may take them back.
  virtual absl::Status AddLog(int64_t job_id,
                              std::span<const LogLine> lines) = 0;
  /// Lines from number `from` (0 is the first), at most `limit`.
  virtual absl::StatusOr<std::vector<LogLine>> Log(int64_t job_id, int64_t from,
                                                   int limit) = 0;
};

}  // namespace tinyrig::server
