// A checked record meets what this server knows: blobs, datasets, itself.
#include <algorithm>
#include <vector>

#include <google/protobuf/util/time_util.h>

#include "base/log.h"
#include "server/lab/run_builder.h"
#include "server/request/resource_ids.h"
#include "server/stats/latency.h"
#include "server/transfer/check_record.h"
#include "server/transfer/field_path.h"
#include "server/transfer/transfer_api.h"

namespace tinyrig::server {
namespace {

using google::protobuf::util::TimeUtil;

// Without this the record's job could not be repeated here.
absl::Status NeedModel(Lab& lab, const v1::RunRecord& record) {
  const std::string& sha256 = record.job().spec().model_sha256();
  if (const auto path = lab.blobs.Find(sha256); path.ok()) {
    return absl::OkStatus();
  }
  return absl::NotFoundError(
      absl::StrCat("model ", sha256, " (", record.run().model_name(),
                   ") is not in this lab; upload it first"));
}

// What the artifact says of itself must be what the record says of it.
absl::Status CheckArtifact(const v1::CompiledModel& model, const v1::Run& run) {
  RETURN_IF_ERROR(
      CheckSame({"run.image_hash"}, run.image_hash(), model.image_hash()));
  RETURN_IF_ERROR(CheckSame({"run.model_sha256"}, run.model_sha256(),
                            model.model_sha256()));
  RETURN_IF_ERROR(
      CheckSame({"run.board_id"}, run.board_id(), model.board_id()));
  RETURN_IF_ERROR(CheckSame({"run.engine_version"}, run.engine_version(),
                            model.engine_version()));
  RETURN_IF_ERROR(CheckSame({"run.layers length"}, int64_t{run.layers_size()},
                            int64_t{model.layers_size()}));
  for (int i = 0; i < run.layers_size(); ++i) {
    RETURN_IF_ERROR(CheckSame({"run.layers", i, "info.op"},
                              run.layers(i).info().op(), model.layers(i).op()));
    RETURN_IF_ERROR(CheckSame({"run.layers", i, "info.macs"},
                              run.layers(i).info().macs(),
                              model.layers(i).macs()));
  }
  return absl::OkStatus();
}

// A name of bytes that are not here would lead nowhere.
absl::Status MeetArtifact(Lab& lab, v1::RunRecord* record) {
  const std::string sha256 = record->run().artifact_sha256();
  if (sha256.empty()) {
    return absl::OkStatus();
  }
  if (!lab.blobs.Find(sha256).ok()) {
    record->mutable_run()->clear_artifact_sha256();
    record->mutable_job()->clear_artifact_sha256();
    return absl::OkStatus();
  }
  const auto model = lab.models.Get(sha256);
  if (model.status().code() == absl::StatusCode::kInvalidArgument) {
    return Wrong({"run.artifact_sha256"}, sha256, "an artifact");
  }
  RETURN_IF_ERROR(model.status());
  return CheckArtifact(**model, record->run());
}

// Labels are the dataset's word, not the record's, where it is here.
absl::Status MeetDataset(Lab& lab, const v1::RunRecord& record) {
  if (record.predictions().empty()) {
    return absl::OkStatus();
  }
  const int64_t count = record.predictions_size();
  ASSIGN_OR_RETURN(
      const std::vector<int32_t> labels,
      lab.store.Labels(record.run().dataset_sha256(), 0, count + 1));
  if (labels.empty()) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(CheckSame({"predictions length"}, count,
                            static_cast<int64_t>(labels.size())));
  for (int i = 0; i < record.predictions_size(); ++i) {
    RETURN_IF_ERROR(CheckSame({"predictions", i, "label"},
                              int64_t{record.predictions(i).label()},
                              int64_t{labels[static_cast<size_t>(i)]}));
  }
  return absl::OkStatus();
}

// Nothing that can be derived is taken over.
absl::Status Derive(v1::RunRecord* record) {
  v1::Run& run = *record->mutable_run();
  ASSIGN_OR_RETURN(const v1::Origin origin,
                   OriginOf(run.environment().board_uid()));
  run.set_origin(origin);
  const std::vector<int64_t> cycles(run.latency().cycles().begin(),
                                    run.latency().cycles().end());
  *run.mutable_latency() = Summarise(cycles, run.environment().clock_hz(),
                                     run.latency().overhead_cycles());
  run.clear_id();
  run.set_source_server_id(record->source_server_id());
  run.set_source_run_id(record->source_run_id());
  return absl::OkStatus();
}

JobRecord JobOf(const v1::RunRecord& source) {
  JobRecord record;
  record.job = source.job();
  record.job.set_request_id(ImportRequestId(source));
  record.dataset_sha256 = source.run().dataset_sha256();
  record.sample_count = source.predictions_size();
  record.fence = source.job().attempt();
  record.create_us =
      TimeUtil::TimestampToMicroseconds(source.job().create_time());
  record.compile_start_us =
      TimeUtil::TimestampToMicroseconds(source.job().compile_start_time());
  record.compile_end_us =
      TimeUtil::TimestampToMicroseconds(source.job().compile_end_time());
  const int64_t lease_us =
      TimeUtil::TimestampToMicroseconds(source.job().lease_time());
  record.used_us = std::max<int64_t>(
      0, record.compile_end_us - record.compile_start_us +
             (lease_us == 0
                  ? 0
                  : TimeUtil::TimestampToMicroseconds(source.job().end_time()) -
                        lease_us));
  return record;
}

}  // namespace

absl::StatusOr<v1::ImportRecordResponse> TransferApi::ImportRecord(
    const Caller& caller, const v1::RunRecord& record) {
  RETURN_IF_ERROR(check_(caller, Scope::kSubmit));
  ASSIGN_OR_RETURN(const std::string server_id, lab_.store.ServerId());
  if (record.source_server_id() == server_id) {
    return absl::AlreadyExistsError(
        absl::StrCat("run ", Quoted(record.source_run_id()),
                     " was made by this very server"));
  }
  RETURN_IF_ERROR(CheckRecord(record, lab_.clock.UnixMicros()));
  v1::RunRecord kept = record;
  kept.DiscardUnknownFields();
  const auto hold = lab_.blobs.Hold();  // what is found there stays there
  RETURN_IF_ERROR(NeedModel(lab_, kept));
  RETURN_IF_ERROR(MeetArtifact(lab_, &kept));
  RETURN_IF_ERROR(MeetDataset(lab_, kept));
  RETURN_IF_ERROR(Derive(&kept));
  ASSIGN_OR_RETURN(const ImportStore::Imported imported,
                   lab_.store.AddImported(JobOf(kept), kept));
  v1::ImportRecordResponse response;
  response.set_run_id(RunName(imported.run_id));
  response.set_already_there(imported.already_there);
  if (!imported.already_there) {
    LOG_DEBUG("transfer", "{} of server {} is here {}", record.source_run_id(),
              record.source_server_id(), response.run_id());
  }
  return response;
}

}  // namespace tinyrig::server
