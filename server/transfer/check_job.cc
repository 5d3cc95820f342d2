#include "absl/strings/str_cat.h"
#include <google/protobuf/util/time_util.h>

#include "server/transfer/check_parts.h"
#include "server/transfer/row_writer.h"

namespace tinyrig::server {
namespace {

using google::protobuf::util::TimeUtil;

constexpr int64_t kEarliestUs = 1'577'836'800'000'000;  // 2020-01-01
constexpr int64_t kSkewUs = int64_t{86'400} * 1'000'000;
constexpr int64_t kMaxSeconds = 253'402'300'799;  // of a Timestamp: year 9999
constexpr int kMaxLogLines = 10'000;
constexpr size_t kMaxLineBytes = 4096;

absl::Status CheckSpec(const v1::RunRecord& record) {
  const v1::JobSpec& spec = record.job().spec();
  const v1::Run& run = record.run();
  RETURN_IF_ERROR(CheckHex({"job.spec.model_sha256"}, spec.model_sha256(), 64));
  // A job may have been given the artifact instead of the model.
  if (spec.model_sha256() != run.model_sha256() &&
      spec.model_sha256() != run.artifact_sha256()) {
    return Wrong({"job.spec.model_sha256"}, Quoted(spec.model_sha256()),
                 "the run's model or artifact");
  }
  RETURN_IF_ERROR(
      CheckSame({"job.spec.model_name"}, spec.model_name(), run.model_name()));
  RETURN_IF_ERROR(
      CheckSame({"job.spec.board_id"}, spec.board_id(), run.board_id()));
  RETURN_IF_ERROR(
      CheckSame({"job.spec.submitter"}, spec.submitter(), run.submitter()));
  RETURN_IF_ERROR(CheckText({"job.spec.dataset"}, spec.dataset(), kMaxName));
  RETURN_IF_ERROR(
      CheckText({"job.spec.board_name"}, spec.board_name(), kMaxName));
  RETURN_IF_ERROR(
      CheckSame({"job.spec.runs"}, spec.runs(), run.latency().sample_count()));
  RETURN_IF_ERROR(CheckRange({"job.spec.warmups"}, spec.warmups(), 0, 64));
  RETURN_IF_ERROR(
      CheckRange({"job.spec.priority"}, spec.priority(), -100, 100));
  RETURN_IF_ERROR(
      CheckRange({"job.spec.timeout_s"}, spec.timeout_s(), 0, 86'400));
  const std::string& optimize = spec.options().optimize();
  return optimize == "speed" || optimize == "size"
             ? absl::OkStatus()
             : Wrong({"job.spec.options.optimize"}, Quoted(optimize),
                     "speed or size");
}

absl::Status CheckTimes(const v1::Job& job, int64_t now_us) {
  RETURN_IF_ERROR(CheckTime({"job.create_time"}, job.create_time(), now_us));
  RETURN_IF_ERROR(CheckTime({"job.end_time"}, job.end_time(), now_us));
  if (job.has_compile_start_time()) {
    RETURN_IF_ERROR(CheckTime({"job.compile_start_time"},
                              job.compile_start_time(), now_us));
  }
  if (job.has_compile_end_time()) {
    RETURN_IF_ERROR(
        CheckTime({"job.compile_end_time"}, job.compile_end_time(), now_us));
  }
  if (job.has_lease_time()) {
    RETURN_IF_ERROR(CheckTime({"job.lease_time"}, job.lease_time(), now_us));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckName(const FieldPath& path, std::string_view got) {
  return got.empty() ? Wrong(path, "empty", "a name")
                     : CheckText(path, got, kMaxName);
}

absl::Status CheckTime(const FieldPath& path,
                       const google::protobuf::Timestamp& got, int64_t now_us) {
  const bool sane = got.seconds() >= 0 && got.seconds() <= kMaxSeconds &&
                    got.nanos() >= 0 && got.nanos() < 1'000'000'000;
  const int64_t us = sane ? TimeUtil::TimestampToMicroseconds(got) : 0;
  if (us >= kEarliestUs && us <= now_us + kSkewUs) {
    return absl::OkStatus();
  }
  return Wrong(
      path, sane ? Rfc3339(us) : absl::StrCat(got.seconds(), " seconds"),
      absl::StrCat(Rfc3339(kEarliestUs), "..", Rfc3339(now_us + kSkewUs)));
}

absl::Status CheckJob(const v1::RunRecord& record, int64_t now_us) {
  const v1::Job& job = record.job();
  const v1::Run& run = record.run();
  if (job.state() != v1::Job::SUCCEEDED) {
    return Wrong({"job.state"}, v1::Job::State_Name(job.state()), "SUCCEEDED");
  }
  if (job.has_failure()) {
    return Wrong({"job.failure"}, "there", "none in a job that succeeded");
  }
  RETURN_IF_ERROR(CheckSame({"job.run_id"}, job.run_id(), run.id()));
  RETURN_IF_ERROR(CheckSame({"run.job_id"}, run.job_id(), job.id()));
  RETURN_IF_ERROR(
      CheckSame({"job.board_name"}, job.board_name(), run.board_name()));
  RETURN_IF_ERROR(CheckSame({"job.artifact_sha256"}, job.artifact_sha256(),
                            run.artifact_sha256()));
  RETURN_IF_ERROR(CheckText({"job.agent_id"}, job.agent_id(), kMaxName));
  RETURN_IF_ERROR(CheckRange({"job.attempt"}, job.attempt(), 0, 1'000'000));
  RETURN_IF_ERROR(CheckSpec(record));
  return CheckTimes(job, now_us);
}

absl::Status CheckLog(const v1::RunRecord& record, int64_t now_us) {
  RETURN_IF_ERROR(
      CheckRange({"log length"}, record.log_size(), 0, kMaxLogLines));
  for (int i = 0; i < record.log_size(); ++i) {
    const v1::JobLogLine& line = record.log(i);
    RETURN_IF_ERROR(CheckTime({"log", i, "time"}, line.time(), now_us));
    RETURN_IF_ERROR(CheckText({"log", i, "source"}, line.source(), kMaxName));
    RETURN_IF_ERROR(CheckText({"log", i, "text"}, line.text(), kMaxLineBytes));
  }
  return absl::OkStatus();
}

}  // namespace tinyrig::server
