// Results: predictions as they come, a run at its end, runs of others.
#include <algorithm>
#include <utility>

#include <google/protobuf/util/time_util.h>

#include "server/queue/job_state.h"
#include "server/request/resource_ids.h"
#include "server/store/testing/memory_store.h"
#include "tinyrig/v1/transfer_service.pb.h"

namespace tinyrig::server {
namespace {

using google::protobuf::util::TimeUtil;

// What a row keeps of a prediction; names are the dataset's.
v1::Prediction Kept(const v1::Prediction& prediction) {
  v1::Prediction kept = prediction;
  kept.clear_sample_name();
  return kept;
}

absl::Status CheckBatch(int64_t stored, int64_t wanted,
                        std::span<const v1::Prediction> batch) {
  int64_t expected = batch.front().sample_index();
  if (expected < 0 || expected > stored) {
    return absl::InvalidArgumentError("predictions: a gap");
  }
  for (const v1::Prediction& prediction : batch) {
    if (prediction.sample_index() != expected || expected >= wanted) {
      return absl::InvalidArgumentError("predictions: a gap, or too many");
    }
    ++expected;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<MemoryStore::JobRow*> MemoryStore::LiveJob(int64_t job_id,
                                                          int64_t fence) {
  JobRow* row = FindJob(job_id);
  if (row == nullptr || row->record.fence != fence ||
      LiveLease(job_id, fence) == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("job ", JobName(job_id), ": stale fence ", fence));
  }
  return row;
}

absl::StatusOr<int64_t> MemoryStore::AddPredictions(
    int64_t job_id, int64_t fence, std::span<const v1::Prediction> batch) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(fault_);
  ASSIGN_OR_RETURN(JobRow * row, LiveJob(job_id, fence));
  const int64_t stored = std::ssize(row->predictions);
  if (batch.empty()) {
    return stored;
  }
  RETURN_IF_ERROR(CheckBatch(stored, row->record.sample_count, batch));
  for (const v1::Prediction& prediction : batch) {
    if (prediction.sample_index() >= stored) {
      row->predictions.push_back(Kept(prediction));
    }
  }
  if (std::ssize(row->predictions) > stored) {
    row->record.failed_count = 0;
    row->record.lost_count = 0;
    ++version_;
  }
  return std::ssize(row->predictions);
}

absl::StatusOr<std::vector<RunStore::Tally>> MemoryStore::Tallies(
    int64_t job_id) {
  const std::lock_guard lock(mutex_);
  std::map<std::pair<int32_t, int32_t>, int64_t> counts;
  if (const JobRow* row = FindJob(job_id); row != nullptr) {
    for (const v1::Prediction& prediction : row->predictions) {
      ++counts[{prediction.label(), prediction.predicted()}];
    }
  }
  std::vector<Tally> tallies;
  for (const auto& [key, count] : counts) {
    tallies.push_back({key.first, key.second, count});
  }
  return tallies;
}

int64_t MemoryStore::AddRunRow(const v1::Run& run, int64_t job_id,
                               int64_t create_us) {
  const int64_t id = runs_.empty() ? 1 : runs_.rbegin()->first + 1;
  RunRow& row = runs_[id];
  row = {run, job_id, create_us};
  double sum = 0;
  for (const v1::LayerResult& layer : row.run.layers()) {
    sum += static_cast<double>(layer.cycles());
  }
  for (v1::LayerResult& layer : *row.run.mutable_layers()) {
    layer.set_share(sum == 0 ? 0.0 : static_cast<double>(layer.cycles()) / sum);
  }
  jobs_.at(job_id).run_id = id;
  ++version_;
  return id;
}

absl::StatusOr<int64_t> MemoryStore::AddRun(const v1::Run& run, int64_t job_id,
                                            int64_t fence, int64_t now_us) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(fault_);
  ASSIGN_OR_RETURN(JobRow * row, LiveJob(job_id, fence));
  JobRecord& record = row->record;
  if (std::ssize(row->predictions) != record.sample_count ||
      !IsLeased(record.job.state())) {
    return absl::FailedPreconditionError(
        absl::StrCat("job ", JobName(job_id), ": samples are missing"));
  }
  const int64_t run_id = AddRunRow(run, job_id, now_us);
  LeaseRecord& lease = leases_.at({job_id, fence});
  lease.end_us = now_us;
  lease.end_reason = "finished";
  record.job.set_state(v1::Job::SUCCEEDED);
  record.job.set_revision(record.job.revision() + 1);
  record.used_us += now_us - row->lease_us;
  row->end_us = now_us;
  v1::Board& board = boards_.at(lease.board_name);
  board.set_finished_job_count(board.finished_job_count() + 1);
  waiting_.EndLease(job_id);
  Changed(*row);
  return run_id;
}

absl::StatusOr<v1::Run> MemoryStore::GetRun(int64_t id) {
  const std::lock_guard lock(mutex_);
  const auto it = runs_.find(id);
  if (it == runs_.end()) {
    return absl::NotFoundError(absl::StrCat("no run ", RunName(id)));
  }
  v1::Run run = it->second.run;
  run.set_id(RunName(id));
  return run;
}

absl::StatusOr<std::string> MemoryStore::ServerId() {
  return std::string("0123456789abcdef0123456789abcdef");
}

absl::StatusOr<ImportStore::Imported> MemoryStore::AddImported(
    const JobRecord& record, const v1::RunRecord& source) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(fault_);
  const int64_t create_us =
      TimeUtil::TimestampToMicroseconds(source.run().create_time());
  for (const auto& [id, row] : jobs_) {
    if (row.record.job.request_id() != record.job.request_id()) {
      continue;
    }
    const auto run = runs_.find(row.run_id);
    if (run == runs_.end() || run->second.create_us != create_us ||
        run->second.run.model_sha256() != source.run().model_sha256() ||
        run->second.run.board_id() != source.run().board_id() ||
        run->second.run.latency().cycles_p50() !=
            source.run().latency().cycles_p50()) {
      return absl::InvalidArgumentError("source_run_id: another result");
    }
    return Imported{row.run_id, true};
  }
  if (!blobs_.contains(record.job.spec().model_sha256())) {
    return absl::FailedPreconditionError("no such blob");
  }
  const int64_t id = jobs_.empty() ? 1 : jobs_.rbegin()->first + 1;
  JobRow& row = jobs_[id];
  row.record = record;
  row.record.id = id;
  row.record.failed_count = row.record.lost_count = 0;
  row.record.cancel_requested = false;
  row.record.job.set_state(v1::Job::SUCCEEDED);
  row.record.job.set_revision(1);
  row.record.job.clear_failure();
  row.lease_us = TimeUtil::TimestampToMicroseconds(record.job.lease_time());
  row.end_us = TimeUtil::TimestampToMicroseconds(record.job.end_time());
  for (const v1::JobLogLine& line : source.log()) {
    row.log.push_back({TimeUtil::TimestampToMicroseconds(line.time()),
                       line.source(), line.text()});
  }
  for (const v1::Prediction& prediction : source.predictions()) {
    row.predictions.push_back(Kept(prediction));
  }
  v1::Run run = source.run();
  run.set_job_id(JobName(id));
  return Imported{AddRunRow(run, id, create_us), false};
}

}  // namespace tinyrig::server
