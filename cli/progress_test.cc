#include "cli/progress.h"

#include <gtest/gtest.h>

namespace tinyrig::cli {
namespace {

v1::Job JobIn(v1::Job::State state) {
  v1::Job job;
  job.set_state(state);
  return job;
}

TEST(ProgressText, SaysStageShareAndEta) {
  v1::Job job = JobIn(v1::Job::RUNNING);
  job.mutable_progress()->set_step("dataset");
  job.mutable_progress()->set_done(312);
  job.mutable_progress()->set_total(1000);
  job.mutable_progress()->set_eta_s(12.4);
  EXPECT_EQ(ProgressText(job),
            "RUNNING dataset 312/1000 (31 %), about 12 s left");
  job.set_attempt(2);
  EXPECT_EQ(ProgressText(job),
            "RUNNING dataset 312/1000 (31 %), about 12 s left, attempt 2");
}

TEST(ProgressText, SaysWhatAQueuedJobWaitsFor) {
  v1::Job job = JobIn(v1::Job::QUEUED);
  EXPECT_EQ(ProgressText(job), "QUEUED for the compiler");
  job.set_artifact_sha256("a");
  job.set_queue_position(3);
  EXPECT_EQ(ProgressText(job), "QUEUED for a free board, position 3");
}

TEST(ProgressText, OfAnEndedJobSaysNoStep) {
  v1::Job job = JobIn(v1::Job::SUCCEEDED);
  job.mutable_progress()->set_step("dataset");
  EXPECT_EQ(ProgressText(job), "SUCCEEDED");
  job.set_state(v1::Job::CANCELLED);
  EXPECT_EQ(ProgressText(job), "CANCELLED");
  job.set_state(v1::Job::FAILED);
  job.mutable_failure()->set_failure_class(v1::BOARD);
  job.mutable_failure()->set_message("silent for 5 s");
  EXPECT_EQ(ProgressText(job), "FAILED (BOARD): silent for 5 s");
}

}  // namespace
}  // namespace tinyrig::cli
