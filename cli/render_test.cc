#include <gtest/gtest.h>

#include "cli/compare.h"
#include "cli/exit_code.h"
#include "cli/progress.h"
#include "cli/run_report.h"
#include "cli/table.h"
#include "cli/units.h"

namespace tinyrig::cli {
namespace {

TEST(Units, AreReadable) {
  EXPECT_EQ(Count(-1234567), "-1,234,567");
  EXPECT_EQ(Count(999), "999");
  EXPECT_EQ(Bytes(81920), "80.0 KB (81,920)");
  EXPECT_EQ(Micros(12345.6), "12.346 ms");
  EXPECT_EQ(Seconds(83.2), "1 min 23 s");
  EXPECT_EQ(Percent(0.901), "90.10 %");
}

TEST(Units, EmulatedNamesItsTimingModelAndItsLimits) {
  EXPECT_EQ(OriginText(v1::EMULATED, "m4-trm-v1"),
            "EMULATED (timing model m4-trm-v1, not yet validated on silicon)");
  EXPECT_EQ(OriginText(v1::MEASURED, ""), "MEASURED");
}

TEST(Table, AlignsAndQuotes) {
  Table table({"name", ">n"});
  table.Row({"a,b", "1"});
  table.Row({"c", "22"});
  EXPECT_EQ(table.Text(), "name   n\na,b    1\nc     22\n");
  EXPECT_EQ(table.Csv(), "name,n\r\n\"a,b\",1\r\nc,22\r\n");
}

v1::Job EndedJob(v1::Job::State state, v1::FailureClass failure_class) {
  v1::Job job;
  job.set_state(state);
  job.mutable_failure()->set_failure_class(failure_class);
  return job;
}

TEST(ExitCode, TellsWhoHasToAct) {
  EXPECT_EQ(ExitCodeOfJob(EndedJob(v1::Job::SUCCEEDED, {})), 0);
  EXPECT_EQ(ExitCodeOfJob(EndedJob(v1::Job::FAILED, v1::MODEL)), 3);
  EXPECT_EQ(ExitCodeOfJob(EndedJob(v1::Job::FAILED, v1::BOARD)), 3);
  EXPECT_EQ(ExitCodeOfJob(EndedJob(v1::Job::FAILED, v1::LAB)), 4);
  EXPECT_EQ(ExitCodeOfJob(EndedJob(v1::Job::FAILED, v1::INTERNAL)), 4);
  EXPECT_EQ(ExitCodeOfJob(EndedJob(v1::Job::FAILED, v1::TIMEOUT)), 5);
  EXPECT_EQ(ExitCodeOfJob(EndedJob(v1::Job::CANCELLED, {})), 130);
  EXPECT_EQ(ExitCodeOfRpc(absl::UnavailableError("")), 6);
  EXPECT_EQ(ExitCodeOfRpc(absl::ResourceExhaustedError("")), 6);
  EXPECT_EQ(ExitCodeOfRpc(absl::NotFoundError("")), 2);
  EXPECT_EQ(ExitCodeOfCompile(absl::UnimplementedError("")), 3);
}

TEST(Progress, SaysStageShareAndEta) {
  v1::Job job;
  job.set_state(v1::Job::RUNNING);
  job.mutable_progress()->set_step("dataset");
  job.mutable_progress()->set_done(312);
  job.mutable_progress()->set_total(1000);
  job.mutable_progress()->set_eta_s(12.4);
  EXPECT_EQ(ProgressText(job),
            "RUNNING dataset 312/1000 (31 %), about 12 s left");
}

v1::Run RunWithLayers(const char* id, int64_t first, int64_t second) {
  v1::Run run;
  run.set_id(id);
  run.set_origin(v1::EMULATED);
  run.mutable_environment()->set_timing_model("m4-trm-v1");
  run.mutable_latency()->set_cycles_p50(first + second);
  for (const int64_t cycles : {first, second}) {
    v1::LayerResult* layer = run.add_layers();
    layer->mutable_info()->set_op(cycles == first ? "FIRST" : "SECOND");
    layer->set_cycles(cycles);
  }
  return run;
}

TEST(RunReport, ShowsTheMostExpensiveLayersAndTheOrigin) {
  const std::string text = RunReport(RunWithLayers("r-1", 10, 500), 1);
  EXPECT_NE(text.find("SECOND"), std::string::npos);
  EXPECT_EQ(text.find("FIRST"), std::string::npos);
  EXPECT_NE(text.find("EMULATED (timing model m4-trm-v1"), std::string::npos);
}

TEST(Compare, IsRelativeToTheFirst) {
  const std::vector<v1::Run> runs = {RunWithLayers("r-1", 100, 100),
                                     RunWithLayers("r-2", 100, 200)};
  const std::string csv = CompareTable(runs).Csv();
  EXPECT_NE(csv.find("cycles p50,200,300,+50.00 %"), std::string::npos) << csv;
  EXPECT_NE(CompareLayers(runs).Csv().find("+100.00 %"), std::string::npos);
}

TEST(Compare, NamesWhatDiffersInTheEnvironment) {
  std::vector<v1::Run> runs = {RunWithLayers("r-1", 1, 1),
                               RunWithLayers("r-2", 1, 1)};
  EXPECT_TRUE(EnvironmentDifferences(runs).empty());
  runs[1].mutable_environment()->set_clock_hz(216000000);
  EXPECT_EQ(EnvironmentDifferences(runs),
            std::vector<std::string>{"clock_hz: 0 | 216000000"});
}

}  // namespace
}  // namespace tinyrig::cli
