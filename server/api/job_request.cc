#include "server/api/job_request.h"

#include <fstream>

#include "absl/strings/str_join.h"

#include "proto/file/artifact.h"
#include "proto/file/dataset.h"

namespace tinyrig::server {
namespace {

constexpr int32_t kDefaultRuns = 10;
constexpr int32_t kDefaultWarmups = 3;
constexpr int32_t kDefaultTimeoutS = 3600;
constexpr int32_t kMaxTimeoutS = 86'400;
constexpr size_t kMaxTextBytes = 256;
constexpr size_t kMaxRequestIdBytes = 128;

absl::Status CheckRange(std::string_view field, int64_t value, int64_t low,
                        int64_t high) {
  return value >= low && value <= high
             ? absl::OkStatus()
             : absl::InvalidArgumentError(absl::StrCat(std::string(field), ": ",
                                                       value, ", ", low, "..",
                                                       high, " is wanted"));
}

absl::Status CheckText(std::string_view field, const std::string& text,
                       size_t limit) {
  return CheckRange(absl::StrCat(std::string(field), " length"),
                    static_cast<int64_t>(text.size()), 0,
                    static_cast<int64_t>(limit));
}

void SetDefaults(v1::JobSpec& spec) {
  if (spec.runs() == 0) {
    spec.set_runs(kDefaultRuns);
  }
  if (!spec.has_warmups()) {
    spec.set_warmups(kDefaultWarmups);
  }
  if (spec.timeout_s() == 0) {
    spec.set_timeout_s(kDefaultTimeoutS);
  }
  if (spec.submitter().empty()) {
    spec.set_submitter("anonymous");
  }
  if (spec.options().optimize().empty()) {
    spec.mutable_options()->set_optimize("speed");
  }
}

absl::Status CheckFields(const v1::JobSpec& spec) {
  RETURN_IF_ERROR(CheckRange("runs", spec.runs(), 1, 1000));
  RETURN_IF_ERROR(CheckRange("warmups", spec.warmups(), 0, 64));
  RETURN_IF_ERROR(CheckRange("priority", spec.priority(), -100, 100));
  RETURN_IF_ERROR(CheckRange("timeout_s", spec.timeout_s(), 1, kMaxTimeoutS));
  RETURN_IF_ERROR(CheckText("model_name", spec.model_name(), kMaxTextBytes));
  RETURN_IF_ERROR(CheckText("submitter", spec.submitter(), kMaxTextBytes));
  RETURN_IF_ERROR(CheckText("dataset", spec.dataset(), kMaxTextBytes));
  const std::string& optimize = spec.options().optimize();
  if (optimize != "speed" && optimize != "size") {
    return absl::InvalidArgumentError(absl::StrCat(
        "options.optimize: \"", optimize, "\", speed or size is wanted"));
  }
  return absl::OkStatus();
}

absl::Status CheckBoard(Lab& lab, const v1::JobSpec& spec) {
  if (!lab.boards.find(spec.board_id())) {
    return absl::NotFoundError(
        absl::StrCat("no board kind \"", spec.board_id(),
                     "\"; known: ", absl::StrJoin(lab.boards.ids, ", ")));
  }
  if (!spec.board_name().empty()) {
    ASSIGN_OR_RETURN(const v1::Board board,
                     lab.store.GetBoard(spec.board_name()));
    if (board.board_id() != spec.board_id()) {
      return absl::FailedPreconditionError(
          absl::StrCat("board ", board.name(), " is a ", board.board_id(),
                       ", not a ", spec.board_id()));
    }
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const bool known, lab.store.HasBoardOfKind(spec.board_id()));
  return known ? absl::OkStatus()
               : absl::FailedPreconditionError(absl::StrCat(
                     "no ", spec.board_id(),
                     " has ever been attached to this lab; start an agent "
                     "that has one"));
}

// The first bytes decide: most uploads are models and need not be read whole.
absl::StatusOr<bool> IsArtifact(Lab& lab, const std::string& sha256) {
  ASSIGN_OR_RETURN(const auto path, lab.blobs.Find(sha256));
  std::ifstream file(path, std::ios::binary);
  std::string head(file::kArtifactMagic.size(), '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  return file::IsArtifact(head);
}

absl::Status CheckArtifact(Lab& lab, const v1::Dataset& dataset,
                           JobRecord& record) {
  const v1::JobSpec& spec = record.job.spec();
  ASSIGN_OR_RETURN(const auto model, lab.models.Get(spec.model_sha256()));
  if (model->board_id() != spec.board_id()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the artifact is for ", model->board_id(), ", not for ",
                     spec.board_id(), "; compile the model for this board"));
  }
  if (!record.dataset_sha256.empty()) {
    RETURN_IF_ERROR(
        base::WithContext(file::CheckDatasetFits(*model, dataset.sample_bytes(),
                                                 dataset.class_count()),
                          absl::StrCat("dataset ", dataset.name())));
  }
  record.job.set_artifact_sha256(spec.model_sha256());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<JobRecord> CheckJobRequest(Lab& lab,
                                          const v1::CreateJobRequest& request) {
  JobRecord record;
  RETURN_IF_ERROR(
      CheckText("request_id", request.request_id(), kMaxRequestIdBytes));
  record.job.set_request_id(request.request_id());
  v1::JobSpec& spec = *record.job.mutable_spec();
  spec = request.spec();
  SetDefaults(spec);
  RETURN_IF_ERROR(CheckFields(spec));
  RETURN_IF_ERROR(CheckBoard(lab, spec));
  ASSIGN_OR_RETURN(const bool is_artifact,
                   IsArtifact(lab, spec.model_sha256()));
  v1::Dataset dataset;
  if (!spec.dataset().empty()) {
    ASSIGN_OR_RETURN(dataset, lab.store.FindDataset(spec.dataset()));
    record.dataset_sha256 = dataset.sha256();
    record.sample_count = dataset.sample_count();
  }
  if (is_artifact) {
    RETURN_IF_ERROR(CheckArtifact(lab, dataset, record));
  }
  record.create_us = lab.clock.UnixMicros();
  return record;
}

}  // namespace tinyrig::server
