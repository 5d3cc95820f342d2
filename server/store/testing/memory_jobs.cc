// Jobs: their rows, how they are shown and found, their log.
#include <algorithm>

#include <google/protobuf/util/time_util.h>

#include "server/request/resource_ids.h"
#include "server/store/testing/memory_store.h"

namespace tinyrig::server {

using google::protobuf::util::TimeUtil;

MemoryStore::JobRow* MemoryStore::FindJob(int64_t id) {
  const auto it = jobs_.find(id);
  return it == jobs_.end() ? nullptr : &it->second;
}

JobRecord MemoryStore::Shown(const JobRow& row) {
  JobRecord record = row.record;
  v1::Job& job = record.job;
  job.set_id(JobName(record.id));
  job.set_attempt(static_cast<int32_t>(record.fence));
  if (row.run_id != 0) {
    job.set_run_id(RunName(row.run_id));
  }
  const auto set = [](int64_t us, auto mutable_time) {
    if (us != 0) {
      *mutable_time() = TimeUtil::MicrosecondsToTimestamp(us);
    }
  };
  set(record.create_us, [&] { return job.mutable_create_time(); });
  set(record.compile_start_us,
      [&] { return job.mutable_compile_start_time(); });
  set(record.compile_end_us, [&] { return job.mutable_compile_end_time(); });
  set(row.lease_us, [&] { return job.mutable_lease_time(); });
  set(row.end_us, [&] { return job.mutable_end_time(); });
  record.stored_samples = std::ssize(row.predictions);
  return record;
}

void MemoryStore::Changed(JobRow& row) {
  ++version_;
  const JobRecord& record = row.record;
  if (record.job.state() != v1::Job::QUEUED) {
    waiting_.Remove(record.id);
    return;
  }
  const v1::JobSpec& spec = record.job.spec();
  waiting_.Put(
      {.id = record.id,
       .board_id = spec.board_id(),
       .board_name = spec.board_name(),
       .avoid_board = record.failed_count > 0 ? record.job.board_name() : "",
       .submitter = spec.submitter(),
       .artifact_sha256 = record.job.artifact_sha256(),
       .priority = spec.priority(),
       .create_us = record.create_us});
}

absl::StatusOr<int64_t> MemoryStore::AddJob(const JobRecord& record) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(fault_);
  for (const auto& [id, row] : jobs_) {
    const v1::Job& job = row.record.job;
    if (job.request_id() == record.job.request_id() &&
        job.spec().board_id() == record.job.spec().board_id()) {
      return absl::AlreadyExistsError("request id is taken");
    }
  }
  if (!blobs_.contains(record.job.spec().model_sha256())) {
    return absl::FailedPreconditionError("no such blob");
  }
  const int64_t id = jobs_.empty() ? 1 : jobs_.rbegin()->first + 1;
  JobRow& row = jobs_[id];
  row.record.id = id;
  row.record.dataset_sha256 = record.dataset_sha256;
  row.record.sample_count = record.sample_count;
  row.record.create_us = record.create_us;
  v1::Job& job = row.record.job;
  job.set_request_id(record.job.request_id());
  *job.mutable_spec() = record.job.spec();
  job.set_artifact_sha256(record.job.artifact_sha256());
  job.set_state(v1::Job::QUEUED);
  job.set_revision(1);
  Changed(row);
  return id;
}

absl::StatusOr<std::optional<JobRecord>> MemoryStore::FindRequest(
    const std::string& request_id, const std::string& board_id) {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, row] : jobs_) {
    if (row.record.job.request_id() == request_id &&
        row.record.job.spec().board_id() == board_id) {
      return Shown(row);
    }
  }
  return std::nullopt;
}

absl::StatusOr<JobRecord> MemoryStore::GetJob(int64_t id) {
  const std::lock_guard lock(mutex_);
  const JobRow* row = FindJob(id);
  if (row == nullptr) {
    return absl::NotFoundError(absl::StrCat("no job ", JobName(id)));
  }
  return Shown(*row);
}

absl::StatusOr<std::vector<QueuedJob>> MemoryStore::Queue() {
  return waiting_.All();
}

absl::StatusOr<int64_t> MemoryStore::QueuedCount() {
  return static_cast<int64_t>(waiting_.size());
}

absl::StatusOr<std::vector<int64_t>> MemoryStore::JobsIn(v1::Job::State state) {
  const std::lock_guard lock(mutex_);
  std::vector<int64_t> ids;
  for (const auto& [id, row] : jobs_) {
    if (row.record.job.state() == state) {
      ids.push_back(id);
    }
  }
  return ids;
}

absl::Status MemoryStore::AddLog(int64_t job_id,
                                 std::span<const LogLine> lines) {
  if (lines.empty()) {
    return absl::OkStatus();
  }
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(fault_);
  JobRow* row = FindJob(job_id);
  if (row == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("no job ", JobName(job_id)));
  }
  for (const LogLine& line : lines) {
    if (std::ssize(row->log) < kMaxJobLogLines) {
      row->log.push_back(line);
    }
  }
  ++version_;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<LogLine>> MemoryStore::Log(int64_t job_id,
                                                      int64_t from, int limit) {
  const std::lock_guard lock(mutex_);
  std::vector<LogLine> lines;
  if (const JobRow* row = FindJob(job_id); row != nullptr) {
    const int64_t end = std::min<int64_t>(std::ssize(row->log), from + limit);
    for (int64_t i = from; i < end; ++i) {
      lines.push_back(row->log[static_cast<size_t>(i)]);
    }
  }
  return lines;
}

}  // namespace tinyrig::server
