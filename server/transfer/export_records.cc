// Whole runs, one message each. Read through the store in small pieces: what
// belongs to a finished run does not change any more, it can only be deleted.
#include <vector>

#include <google/protobuf/util/time_util.h>

#include "server/filter/filter.h"
#include "server/request/resource_ids.h"
#include "server/transfer/transfer_api.h"

namespace tinyrig::server {
namespace {

using google::protobuf::util::TimeUtil;

constexpr int kIdsAtOnce = 1000;
constexpr int kPredictionsAtOnce = 1000, kLinesAtOnce = 1000;

absl::Status AddPredictions(Store& store, int64_t run_id,
                            v1::RunRecord* record) {
  int64_t next = 0;
  while (true) {
    ASSIGN_OR_RETURN(auto page, store.ListPredictions(run_id, Filter(), next,
                                                      kPredictionsAtOnce));
    for (v1::Prediction& prediction : page) {
      next = prediction.sample_index() + 1;
      *record->add_predictions() = std::move(prediction);
    }
    if (page.size() < static_cast<size_t>(kPredictionsAtOnce)) {
      return absl::OkStatus();
    }
  }
}

absl::Status AddLog(Store& store, int64_t job_id, v1::RunRecord* record) {
  while (true) {
    ASSIGN_OR_RETURN(const auto lines,
                     store.Log(job_id, record->log_size(), kLinesAtOnce));
    for (const LogLine& line : lines) {
      v1::JobLogLine* copy = record->add_log();
      *copy->mutable_time() = TimeUtil::MicrosecondsToTimestamp(line.time_us);
      copy->set_source(line.source);
      copy->set_text(line.text);
    }
    if (lines.size() < static_cast<size_t>(kLinesAtOnce)) {
      return absl::OkStatus();
    }
  }
}

/// NOT_FOUND: it is deleted, or is being deleted.
absl::StatusOr<v1::RunRecord> ReadRecord(Store& store, int64_t id,
                                         const std::string& server_id) {
  v1::RunRecord record;
  ASSIGN_OR_RETURN(*record.mutable_run(), store.GetRun(id));
  ASSIGN_OR_RETURN(const int64_t job_id, ParseJobId(record.run().job_id()));
  ASSIGN_OR_RETURN(JobRecord job, store.GetJob(job_id));
  *record.mutable_job() = std::move(job.job);
  record.mutable_job()->clear_revision();
  RETURN_IF_ERROR(AddPredictions(store, id, &record));
  RETURN_IF_ERROR(AddLog(store, job_id, &record));
  v1::Run& run = *record.mutable_run();
  if (run.accuracy().total() != record.predictions_size()) {
    return absl::NotFoundError("predictions");
  }
  // Who made it stays who made it, however often it is handed on.
  record.set_source_server_id(
      run.source_server_id().empty() ? server_id : run.source_server_id());
  record.set_source_run_id(
      run.source_server_id().empty() ? run.id() : run.source_run_id());
  run.clear_source_server_id();
  run.clear_source_run_id();
  return record;
}

}  // namespace

absl::Status TransferApi::ExportRecords(
    const Caller& caller, const v1::ExportRecordsRequest& request,
    const std::function<bool(const v1::RunRecord&)>& sink) {
  RETURN_IF_ERROR(check_(caller, Scope::kRead));
  ASSIGN_OR_RETURN(
      const Filter filter,
      BindFilter(request.filter(), RunFilterFields(), lab_.clock.UnixMicros()));
  ASSIGN_OR_RETURN(const std::string server_id, lab_.store.ServerId());
  ASSIGN_OR_RETURN(const auto reader, open_export_());
  ASSIGN_OR_RETURN(const int64_t end, reader->LastRunId());
  int64_t last = 0;
  while (true) {
    ASSIGN_OR_RETURN(const std::vector<int64_t> ids,
                     reader->RunIds({.filter = filter,
                                     .after = last,
                                     .end = end,
                                     .limit = kIdsAtOnce}));
    if (ids.empty()) {
      return absl::OkStatus();
    }
    for (const int64_t id : ids) {
      auto record = ReadRecord(lab_.store, id, server_id);
      if (record.status().code() == absl::StatusCode::kNotFound) {
        continue;
      }
      RETURN_IF_ERROR(record.status());
      if (record->ByteSizeLong() > kMaxRecordBytes) {
        return absl::ResourceExhaustedError(absl::StrCat(
            "run r-", id, " is ", record->ByteSizeLong(),
            " bytes as a record, at most ", kMaxRecordBytes,
            " can be sent; leave it out by the filter: NOT id = r-", id));
      }
      if (!sink(*record)) {
        return absl::CancelledError("the caller has gone");
      }
    }
    last = ids.back();
  }
}

}  // namespace tinyrig::server
