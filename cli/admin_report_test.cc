#include "cli/admin_report.h"

#include <gtest/gtest.h>

namespace tinyrig::cli {
namespace {

v1::CollectGarbageResponse Garbage(bool dry_run) {
  v1::CollectGarbageResponse response;
  response.set_dry_run(dry_run);
  response.set_deleted_run_count(1200);
  response.set_kept_run_count(34);
  response.set_deleted_job_count(5);
  response.set_deleted_blob_count(6);
  response.set_freed_blob_bytes(2048);
  response.set_freed_database_bytes(4096);
  response.set_kept_baseline_count(2);
  return response;
}

TEST(GcTable, OfADryRunSaysWhatWouldGo) {
  EXPECT_EQ(GcTable(Garbage(true)).Csv(),
            "what,would go,stays\r\nruns,\"1,200\",34\r\njobs,5,\r\n"
            "blobs,6,\r\nblob bytes,2.0 KB,\r\n"
            "runs that are baselines,0,2\r\n");
}

TEST(GcTable, SaysWhatTheDatabaseGaveBack) {
  const std::string csv = GcTable(Garbage(false)).Csv();
  EXPECT_TRUE(csv.starts_with("what,deleted,stays\r\n")) << csv;
  EXPECT_NE(csv.find("database bytes,4.0 KB,\r\n"), std::string::npos);
}

TEST(CheckReport, EndsWithOneLineThatSumsUp) {
  v1::CheckIntegrityResponse response;
  response.set_run_count(3);
  response.set_blob_count(2);
  response.set_blob_bytes(1024);
  response.set_ok(true);
  EXPECT_EQ(CheckReport(response),
            "3 runs, 2 blobs (1.0 KB), 0 findings: ok\n");
  response.set_ok(false);
  response.set_finding_count(1);
  v1::CheckFinding& finding = *response.add_findings();
  finding.set_kind("blob");
  finding.set_harmful(true);
  finding.set_message("ab12 is gone");
  EXPECT_EQ(CheckReport(response),
            "kind  harmful  what\nblob  yes      ab12 is gone\n"
            "3 runs, 2 blobs (1.0 KB), 1 findings: DAMAGED\n");
}

TEST(AdminTables, OfBackupsAndBaselines) {
  v1::BackupProgress last;
  last.set_run_count(1000);
  last.set_blob_count(7);
  EXPECT_EQ(BackupTable("there", last).Csv(),
            "backup,runs,blobs,of them there before\r\n"
            "there,\"1,000\",7,0\r\n");
  v1::Baseline baseline;
  baseline.set_name("v1");
  baseline.set_run_id("r-5");
  EXPECT_EQ(BaselineTable({baseline}).Csv(),
            "baseline,run,set\r\nv1,r-5,1970-01-01T00:00:00Z\r\n");
}

}  // namespace
}  // namespace tinyrig::cli
