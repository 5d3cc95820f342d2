#include "cli/job_report.h"

#include <gtest/gtest.h>

namespace tinyrig::cli {
namespace {

v1::Job FailedJob() {
  v1::Job job;
  job.set_id("j-3");
  job.set_state(v1::Job::FAILED);
  job.set_attempt(1);
  job.mutable_spec()->set_model_name("kws.tflite");
  job.mutable_spec()->set_board_id("nucleo_f412zg");
  job.mutable_spec()->set_submitter("anna");
  job.mutable_create_time()->set_seconds(1'700'000'000);
  v1::Failure& failure = *job.mutable_failure();
  failure.set_failure_class(v1::BOARD);
  failure.set_stage("running");
  failure.set_message("silent for 5 s");
  failure.set_device_fault("HardFault at 0x08001234");
  return job;
}

TEST(FailureReport, TellsClassStageAndFault) {
  EXPECT_EQ(FailureReport(FailedJob()),
            "kws.tflite on nucleo_f412zg   FAILED   job j-3\n"
            "  class        BOARD while running\n"
            "  why          silent for 5 s\n"
            "  device       HardFault at 0x08001234\n");
}

TEST(FailureReport, OfACancelledJobIsItsHeadline) {
  v1::Job job = FailedJob();
  job.set_state(v1::Job::CANCELLED);
  job.clear_failure();
  EXPECT_EQ(FailureReport(job),
            "kws.tflite on nucleo_f412zg   CANCELLED   job j-3\n");
}

TEST(JobTable, HasOneRowPerJob) {
  v1::ListJobsResponse jobs;
  *jobs.add_jobs() = FailedJob();
  EXPECT_EQ(JobTable(jobs).Csv(),
            "job,state,model,board,on,attempt,run,submitter,created,what\r\n"
            "j-3,FAILED,kws.tflite,nucleo_f412zg,,1,,anna,"
            "2023-11-14T22:13:20Z,FAILED (BOARD): silent for 5 s\r\n");
}

TEST(JobDetails, ShowADashForWhatHasNotHappened) {
  const std::string csv = JobDetails(FailedJob()).Csv();
  EXPECT_NE(csv.find("created,2023-11-14T22:13:20Z\r\ncompiled,-\r\n"
                     "board given,-\r\nended,-\r\n"),
            std::string::npos)
      << csv;
}

TEST(LogText, LinesUpTheSources) {
  v1::JobLogLine line;
  line.mutable_time()->set_seconds(1'700'000'000);
  line.set_source("agent");
  line.set_text("flashing");
  EXPECT_EQ(LogText(line), "2023-11-14T22:13:20Z agent     flashing\n");
}

}  // namespace
}  // namespace tinyrig::cli
