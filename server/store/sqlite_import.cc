// Runs of other servers: stored as if they had been made here, with their own
// times, but without leases (those name this lab's agents and boards).
#include <google/protobuf/util/time_util.h>

#include "server/request/resource_ids.h"
#include "server/store/sqlite_store.h"
#include "tinyrig/v1/transfer_service.pb.h"

namespace tinyrig::server {
namespace {

using google::protobuf::util::TimeUtil;

// The run that this source was stored as; 0: none.
absl::StatusOr<int64_t> FindImported(Database& database,
                                     const JobRecord& record,
                                     const v1::Run& run) {
  ASSIGN_OR_RETURN(
      Query row,
      database.Select("SELECT runs.id, jobs.id, runs.model_sha256, "
                      "runs.board_id, runs.create_us, runs.cycles_p50 FROM "
                      "jobs LEFT JOIN runs ON runs.id = jobs.run_id WHERE "
                      "jobs.request_id = ? LIMIT 1",
                      record.job.request_id()));
  ASSIGN_OR_RETURN(const bool found, row.Step());
  if (!found) {
    return 0;
  }
  if (row.Int(0) == 0 || row.Bytes(2) != run.model_sha256() ||
      row.Bytes(3) != run.board_id() ||
      row.Int(4) != TimeUtil::TimestampToMicroseconds(run.create_time()) ||
      row.Int(5) != run.latency().cycles_p50()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "source_run_id: job j-", row.Int(1), " (request id ",
        record.job.request_id(), ") holds another result than this record"));
  }
  return row.Int(0);
}

absl::Status InsertPredictions(Database& database, int64_t job_id,
                               const v1::RunRecord& source) {
  for (const v1::Prediction& prediction : source.predictions()) {
    RETURN_IF_ERROR(
        database
            .Run("INSERT INTO predictions VALUES (?, ?, ?, ?, ?, ?)", job_id,
                 int64_t{prediction.sample_index()}, prediction.label(),
                 prediction.predicted(), int64_t{prediction.cycles()},
                 Blob{prediction.output()})
            .status());
  }
  return absl::OkStatus();
}

absl::Status InsertLog(Database& database, int64_t job_id,
                       const v1::RunRecord& source) {
  int64_t number = 0;
  for (const v1::JobLogLine& line : source.log()) {
    RETURN_IF_ERROR(database
                        .Run("INSERT INTO job_log VALUES (?, ?, ?, ?, ?)",
                             job_id, number++,
                             TimeUtil::TimestampToMicroseconds(line.time()),
                             line.source(), line.text())
                        .status());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> SqliteStore::ServerId() {
  const std::lock_guard lock(read_mutex_);
  ASSIGN_OR_RETURN(
      Query row,
      reader_.Select("SELECT value FROM meta WHERE key = 'server_id'"));
  ASSIGN_OR_RETURN(const bool found, row.Step());
  return found ? absl::StatusOr<std::string>(row.Bytes(0))
               : absl::DataLossError("database: no server_id in table meta");
}

absl::StatusOr<int64_t> SqliteStore::AddImportedJob(const JobRecord& record) {
  const v1::Job& job = record.job;
  const v1::JobSpec& spec = job.spec();
  const std::string bytes = spec.SerializeAsString();
  RETURN_IF_ERROR(
      writer_
          .Run("INSERT INTO jobs (request_id, board_id, model_sha256, "
               "model_name, submitter, priority, state, spec, dataset_sha256, "
               "sample_count, create_us, compile_start_us, compile_end_us, "
               "lease_us, end_us, artifact_sha256, compile_cached, board_name, "
               "agent_id, fence, used_us, stored_samples) VALUES (?, ?, ?, ?, "
               "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
               job.request_id(), spec.board_id(), spec.model_sha256(),
               spec.model_name(), spec.submitter(), spec.priority(),
               static_cast<int>(v1::Job::SUCCEEDED), Blob{bytes},
               record.dataset_sha256, record.sample_count, record.create_us,
               record.compile_start_us, record.compile_end_us,
               TimeUtil::TimestampToMicroseconds(job.lease_time()),
               TimeUtil::TimestampToMicroseconds(job.end_time()),
               job.artifact_sha256(), job.compile_cached(), job.board_name(),
               job.agent_id(), record.fence, record.used_us,
               record.sample_count)
          .status());
  return writer_.LastInsertId();
}

absl::StatusOr<ImportStore::Imported> SqliteStore::AddImported(
    const JobRecord& record, const v1::RunRecord& source) {
  const std::lock_guard lock(write_mutex_);
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(writer_));
  ASSIGN_OR_RETURN(const int64_t there,
                   FindImported(writer_, record, source.run()));
  if (there != 0) {
    return Imported{there, true};
  }
  ASSIGN_OR_RETURN(const int64_t job_id, AddImportedJob(record));
  v1::Run run = source.run();
  run.set_job_id(JobName(job_id));
  ASSIGN_OR_RETURN(
      const int64_t run_id,
      AddRunRow(run, job_id,
                TimeUtil::TimestampToMicroseconds(run.create_time())));
  RETURN_IF_ERROR(AddRunRows(run, run_id));
  RETURN_IF_ERROR(InsertPredictions(writer_, job_id, source));
  RETURN_IF_ERROR(InsertLog(writer_, job_id, source));
  RETURN_IF_ERROR(
      writer_.Run("UPDATE jobs SET run_id = ? WHERE id = ?", run_id, job_id)
          .status());
  RETURN_IF_ERROR(transaction.Commit());
  return Imported{run_id, false};
}

}  // namespace tinyrig::server
