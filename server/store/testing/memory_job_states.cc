// Jobs: their way through the states.
#include <algorithm>

#include "server/queue/job_state.h"
#include "server/request/resource_ids.h"
#include "server/store/testing/memory_store.h"

namespace tinyrig::server {
namespace {

absl::Status NotIn(int64_t job_id, const char* wanted) {
  return absl::FailedPreconditionError(
      absl::StrCat("job ", JobName(job_id), " is not ", wanted));
}

}  // namespace

absl::Status MemoryStore::RaiseRevisions() {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(fault_);
  for (auto& [id, row] : jobs_) {
    v1::Job& job = row.record.job;
    if (!HasEnded(job.state())) {
      job.set_revision(job.revision() + 1);
    }
  }
  ++version_;
  return absl::OkStatus();
}

absl::Status MemoryStore::BeginCompile(int64_t id, int64_t now_us) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(fault_);
  JobRow* row = FindJob(id);
  if (row == nullptr || row->record.job.state() != v1::Job::QUEUED ||
      !row->record.job.artifact_sha256().empty()) {
    return NotIn(id, "waiting for the compiler");
  }
  row->record.job.set_state(v1::Job::COMPILING);
  row->record.job.set_revision(row->record.job.revision() + 1);
  row->record.compile_start_us = now_us;
  Changed(*row);
  return absl::OkStatus();
}

absl::Status MemoryStore::EndCompile(int64_t id,
                                     const std::string& artifact_sha256,
                                     bool cached, int64_t now_us) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(fault_);
  JobRow* row = FindJob(id);
  if (row == nullptr ||
      row->record.job.state() !=
          (cached ? v1::Job::QUEUED : v1::Job::COMPILING) ||
      !row->record.job.artifact_sha256().empty() ||
      (cached && !blobs_.contains(artifact_sha256))) {
    return NotIn(id, "being compiled");
  }
  JobRecord& record = row->record;
  record.compile_start_us = cached ? now_us : record.compile_start_us;
  record.compile_end_us = now_us;
  record.used_us += now_us - record.compile_start_us;
  record.job.set_artifact_sha256(artifact_sha256);
  record.job.set_compile_cached(cached);
  record.job.set_state(v1::Job::QUEUED);
  record.job.set_revision(record.job.revision() + 1);
  Changed(*row);
  return absl::OkStatus();
}

absl::Status MemoryStore::EndAttempt(
    const Ending& ending, std::initializer_list<v1::Job::State> expected) {
  for (const v1::Job::State from : expected) {
    if (!IsLegal(from, ending.next)) {
      return absl::InternalError("job state");
    }
  }
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(fault_);
  JobRow* row = FindJob(ending.job_id);
  LeaseRecord* lease =
      ending.fence == 0 ? nullptr : LiveLease(ending.job_id, ending.fence);
  if (row == nullptr ||
      std::ranges::count(expected, row->record.job.state()) == 0 ||
      (ending.fence != 0 &&
       (lease == nullptr || row->record.fence != ending.fence))) {
    return NotIn(ending.job_id, "in the state that this end expects");
  }
  JobRecord& record = row->record;
  const bool ended = HasEnded(ending.next);
  record.job.set_state(ending.next);
  record.job.clear_failure();
  if (ended && ending.failure.ByteSizeLong() > 0) {
    *record.job.mutable_failure() = ending.failure;
  }
  row->end_us = ended ? ending.now_us : 0;
  record.failed_count = ending.failed_count;
  record.lost_count = ending.lost_count;
  record.job.set_revision(record.job.revision() + 1);
  if (lease != nullptr) {
    record.used_us += ending.now_us - row->lease_us;
    lease->end_us = ending.now_us;
    lease->end_reason = ending.end_reason;
    if (ending.next == v1::Job::FAILED) {
      v1::Board& board = boards_[lease->board_name];
      board.set_failed_job_count(board.failed_job_count() + 1);
    }
    waiting_.EndLease(ending.job_id);
  }
  Changed(*row);
  return absl::OkStatus();
}

absl::Status MemoryStore::RequestCancel(int64_t id) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(fault_);
  JobRow* row = FindJob(id);
  if (row == nullptr || !IsLeased(row->record.job.state())) {
    return NotIn(id, "on a board");
  }
  row->record.cancel_requested = true;
  row->record.job.set_revision(row->record.job.revision() + 1);
  Changed(*row);
  return absl::OkStatus();
}

}  // namespace tinyrig::server
