// What the queue's plan is worked out from.
#include <iterator>

#include "server/request/resource_ids.h"
#include "server/store/testing/memory_store.h"

namespace tinyrig::server {

absl::StatusOr<int64_t> MemoryStore::Version() {
  const std::lock_guard lock(mutex_);
  return version_;
}

absl::StatusOr<std::vector<int64_t>> MemoryStore::QueuedIds() {
  return JobsIn(v1::Job::QUEUED);
}

absl::StatusOr<WaitingJob> MemoryStore::ReadJob(int64_t id) {
  const std::lock_guard lock(mutex_);
  const JobRow* row = FindJob(id);
  if (row == nullptr) {
    return absl::NotFoundError(absl::StrCat("no job ", JobName(id)));
  }
  const v1::JobSpec& spec = row->record.job.spec();
  return WaitingJob{.job = {.id = id,
                            .board_id = spec.board_id(),
                            .board_name = spec.board_name(),
                            .submitter = spec.submitter(),
                            .priority = spec.priority(),
                            .create_us = row->record.create_us},
                    .model_sha256 = spec.model_sha256()};
}

absl::StatusOr<std::vector<RunningJob>> MemoryStore::Running() {
  const std::lock_guard lock(mutex_);
  std::vector<RunningJob> running;
  for (const auto& [key, lease] : leases_) {
    if (lease.end_us == 0) {
      const v1::JobSpec& spec = jobs_.at(lease.job_id).record.job.spec();
      running.push_back({lease.board_name, lease.submitter, spec.board_id(),
                         spec.model_sha256(), lease.start_us});
    }
  }
  return running;
}

absl::StatusOr<std::map<std::string, int>> MemoryStore::LeasesSince(
    int64_t since_us) {
  const std::lock_guard lock(mutex_);
  std::map<std::string, int> counts;
  for (const auto& [key, lease] : leases_) {
    if (lease.start_us >= since_us) {
      ++counts[lease.submitter];
    }
  }
  return counts;
}

absl::StatusOr<std::vector<BoardUse>> MemoryStore::RecentUse(
    const std::string& board_id, int limit) {
  const std::lock_guard lock(mutex_);
  std::vector<BoardUse> uses;
  for (auto it = runs_.rbegin(); it != runs_.rend() && std::ssize(uses) < limit;
       ++it) {
    if (it->second.run.board_id() == board_id) {
      const JobRow& job = jobs_.at(it->second.job_id);
      uses.push_back(
          {it->second.run.model_sha256(), job.end_us - job.lease_us});
    }
  }
  return uses;
}

absl::StatusOr<std::map<std::string, std::string>> MemoryStore::BoardKinds() {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::string> kinds;
  for (const auto& [name, board] : boards_) {
    kinds[name] = board.board_id();
  }
  return kinds;
}

}  // namespace tinyrig::server
