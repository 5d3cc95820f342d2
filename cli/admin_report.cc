#include "cli/admin_report.h"

#include <google/protobuf/util/time_util.h>

#include "cli/units.h"

namespace tinyrig::cli {

Table BackupTable(const std::string& folder, const v1::BackupProgress& last) {
  Table table({"backup", ">runs", ">blobs", ">of them there before"});
  table.Row({folder, Count(last.run_count()), Count(last.blob_count()),
             Count(last.reused_blob_count())});
  return table;
}

Table GcTable(const v1::CollectGarbageResponse& response) {
  const bool dry = response.dry_run();
  Table table({"what", dry ? ">would go" : ">deleted", ">stays"});
  table.Row({"runs", Count(response.deleted_run_count()),
             Count(response.kept_run_count())});
  table.Row({"jobs", Count(response.deleted_job_count()), ""});
  table.Row({"blobs", Count(response.deleted_blob_count()), ""});
  table.Row({"blob bytes", ShortBytes(response.freed_blob_bytes()), ""});
  if (!dry) {
    table.Row(
        {"database bytes", ShortBytes(response.freed_database_bytes()), ""});
  }
  table.Row(
      {"runs that are baselines", "0", Count(response.kept_baseline_count())});
  return table;
}

Table FindingTable(const v1::CheckIntegrityResponse& response) {
  Table table({"kind", "harmful", "what"});
  for (const v1::CheckFinding& finding : response.findings()) {
    table.Row(
        {finding.kind(), finding.harmful() ? "yes" : "no", finding.message()});
  }
  return table;
}

std::string CheckReport(const v1::CheckIntegrityResponse& response) {
  const Table findings = FindingTable(response);
  return (findings.empty() ? "" : findings.Text()) +
         Count(response.run_count()) + " runs, " +
         Count(response.blob_count()) + " blobs (" +
         ShortBytes(response.blob_bytes()) + "), " +
         Count(response.finding_count()) +
         " findings: " + (response.ok() ? "ok" : "DAMAGED") + "\n";
}

Table BaselineTable(const std::vector<v1::Baseline>& baselines) {
  Table table({"baseline", "run", "set"});
  for (const v1::Baseline& baseline : baselines) {
    table.Row(
        {baseline.name(), baseline.run_id(),
         google::protobuf::util::TimeUtil::ToString(baseline.create_time())});
  }
  return table;
}

}  // namespace tinyrig::cli
