#include "cli/job_report.h"

#include <google/protobuf/util/time_util.h>

#include "cli/progress.h"
#include <fmt/format.h>

namespace tinyrig::cli {
namespace {

using google::protobuf::util::TimeUtil;

std::string Line(const char* label, const std::string& value) {
  return fmt::format("  {:<12} {}\n", label, value);
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  return time.seconds() == 0 ? "-" : TimeUtil::ToString(time);
}

}  // namespace

Table JobTable(const v1::ListJobsResponse& jobs) {
  Table table({"job", "state", "model", "board", "on", ">attempt", "run",
               "submitter", "created", "what"});
  for (const v1::Job& job : jobs.jobs()) {
    table.Row({job.id(), v1::Job::State_Name(job.state()),
               job.spec().model_name(), job.spec().board_id(), job.board_name(),
               std::to_string(job.attempt()), job.run_id(),
               job.spec().submitter(), TimeUtil::ToString(job.create_time()),
               ProgressText(job)});
  }
  return table;
}

Table JobDetails(const v1::Job& job) {
  Table table({"field", "value"});
  table.Row({"job", job.id()});
  table.Row({"state", ProgressText(job)});
  table.Row(
      {"model", job.spec().model_name() + "  " + job.spec().model_sha256()});
  table.Row({"board", job.spec().board_id() + "  " + job.board_name()});
  table.Row({"dataset", job.spec().dataset()});
  table.Row({"request id", job.request_id()});
  table.Row({"attempt", std::to_string(job.attempt())});
  table.Row({"created", TimeText(job.create_time())});
  table.Row({"compiled", TimeText(job.compile_end_time()) +
                             (job.compile_cached() ? "  (from cache)" : "")});
  table.Row({"board given", TimeText(job.lease_time())});
  table.Row({"ended", TimeText(job.end_time())});
  table.Row({"run", job.run_id()});
  table.Row({"artifact", job.artifact_sha256()});
  return table;
}

std::string FailureReport(const v1::Job& job) {
  std::string text = fmt::format("{} on {}   {}   job {}\n",
                                 job.spec().model_name(), job.spec().board_id(),
                                 v1::Job::State_Name(job.state()), job.id());
  if (!job.has_failure()) {
    return text;
  }
  const v1::Failure& failure = job.failure();
  text +=
      Line("class",
           v1::FailureClass_Name(failure.failure_class()) +
               (failure.stage().empty() ? "" : " while " + failure.stage()));
  text += Line("why", failure.message());
  if (!failure.device_fault().empty()) {
    text += Line("device", failure.device_fault());
  }
  return text;
}

std::string LogText(const v1::JobLogLine& line) {
  return fmt::format("{} {:<9} {}\n", TimeUtil::ToString(line.time()),
                     line.source(), line.text());
}

}  // namespace tinyrig::cli
