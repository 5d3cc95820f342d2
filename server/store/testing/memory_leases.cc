// Leases: who holds which job, with which fence.
#include <algorithm>

#include "server/queue/job_state.h"
#include "server/request/resource_ids.h"
#include "server/store/testing/memory_store.h"

namespace tinyrig::server {

LeaseRecord* MemoryStore::LiveLease(int64_t job_id, int64_t fence) {
  const auto it = leases_.find({job_id, fence});
  return it == leases_.end() || it->second.end_us != 0 ? nullptr : &it->second;
}

absl::StatusOr<int64_t> MemoryStore::AddLeaseRow(const NewLease& lease) {
  RETURN_IF_ERROR(fault_);
  JobRow* row = FindJob(lease.job_id);
  const auto board = boards_.find(lease.board_name);
  if (row == nullptr || row->record.job.state() != v1::Job::QUEUED ||
      row->record.job.artifact_sha256().empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "job ", JobName(lease.job_id), " is not waiting for a board"));
  }
  if (board == boards_.end() || !agents_.contains(lease.agent_id) ||
      !Shown(board->second).current_job_id().empty()) {
    return absl::FailedPreconditionError("the board is not free");
  }
  JobRecord& record = row->record;
  const auto former = leases_.find({record.id, record.fence});
  if (former == leases_.end() ||
      former->second.board_name != lease.board_name ||
      former->second.board_uid != board->second.uid()) {
    row->predictions.clear();
  }
  ++record.fence;
  record.job.set_state(v1::Job::FLASHING);
  record.job.set_board_name(lease.board_name);
  record.job.set_agent_id(lease.agent_id);
  record.job.set_revision(record.job.revision() + 1);
  row->lease_us = lease.now_us;
  leases_[{record.id, record.fence}] = {
      .job_id = record.id,
      .fence = record.fence,
      .agent_id = lease.agent_id,
      .board_name = lease.board_name,
      .board_uid = board->second.uid(),
      .submitter = record.job.spec().submitter(),
      .start_us = lease.now_us};
  waiting_.BeginLease(record.id, lease.now_us);
  Changed(*row);
  return record.fence;
}

absl::StatusOr<int64_t> MemoryStore::AddLease(const NewLease& lease) {
  return AddLeases({&lease, 1}).front();
}

std::vector<absl::StatusOr<int64_t>> MemoryStore::AddLeases(
    std::span<const NewLease> leases) {
  const std::lock_guard lock(mutex_);
  std::vector<absl::StatusOr<int64_t>> fences;
  for (const NewLease& lease : leases) {
    fences.push_back(AddLeaseRow(lease));
  }
  return fences;
}

absl::StatusOr<std::vector<LeaseRecord>> MemoryStore::LiveLeases() {
  const std::lock_guard lock(mutex_);
  std::vector<LeaseRecord> live;
  for (const auto& [key, lease] : leases_) {
    if (lease.end_us == 0) {
      live.push_back(lease);
    }
  }
  return live;
}

absl::StatusOr<std::optional<LeaseRecord>> MemoryStore::FindLease(
    int64_t job_id, int64_t fence) {
  const std::lock_guard lock(mutex_);
  const auto it = leases_.find({job_id, fence});
  return it == leases_.end() ? std::nullopt : std::optional(it->second);
}

absl::StatusOr<std::vector<SubmitterUsage>> MemoryStore::Usage(
    int64_t since_us) {
  return waiting_.Usage(since_us);
}

absl::Status MemoryStore::SetStage(int64_t job_id, int64_t fence,
                                   v1::Job::State stage) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(fault_);
  JobRow* row = FindJob(job_id);
  if (row == nullptr || row->record.fence != fence ||
      !IsLeased(row->record.job.state())) {
    return absl::FailedPreconditionError(
        absl::StrCat("job ", JobName(job_id), ": stale fence ", fence));
  }
  row->record.job.set_state(stage);
  row->record.job.set_revision(row->record.job.revision() + 1);
  Changed(*row);
  return absl::OkStatus();
}

}  // namespace tinyrig::server
