#include "cli/exit_code.h"

#include <gtest/gtest.h>

namespace tinyrig::cli {
namespace {

v1::Job EndedJob(v1::Job::State state, v1::FailureClass failure_class) {
  v1::Job job;
  job.set_state(state);
  job.mutable_failure()->set_failure_class(failure_class);
  return job;
}

TEST(ExitCode, OfAJobTellsWhoHasToAct) {
  EXPECT_EQ(ExitCodeOfJob(EndedJob(v1::Job::SUCCEEDED, {})), 0);
  EXPECT_EQ(ExitCodeOfJob(EndedJob(v1::Job::FAILED, v1::MODEL)), 3);
  EXPECT_EQ(ExitCodeOfJob(EndedJob(v1::Job::FAILED, v1::BOARD)), 3);
  EXPECT_EQ(ExitCodeOfJob(EndedJob(v1::Job::FAILED, v1::LAB)), 4);
  EXPECT_EQ(ExitCodeOfJob(EndedJob(v1::Job::FAILED, v1::INTERNAL)), 4);
  EXPECT_EQ(ExitCodeOfJob(EndedJob(v1::Job::FAILED, v1::TIMEOUT)), 5);
  EXPECT_EQ(ExitCodeOfJob(EndedJob(v1::Job::CANCELLED, {})), 130);
}

TEST(ExitCode, OfACallTellsUsageFromServer) {
  EXPECT_EQ(ExitCodeOfRpc(absl::OkStatus()), 0);
  EXPECT_EQ(ExitCodeOfRpc(absl::InvalidArgumentError("")), 2);
  EXPECT_EQ(ExitCodeOfRpc(absl::NotFoundError("")), 2);
  EXPECT_EQ(ExitCodeOfRpc(absl::OutOfRangeError("")), 2);
  EXPECT_EQ(ExitCodeOfRpc(absl::InternalError("")), 4);
  EXPECT_EQ(ExitCodeOfRpc(absl::DataLossError("")), 4);
  EXPECT_EQ(ExitCodeOfRpc(absl::DeadlineExceededError("")), 5);
  EXPECT_EQ(ExitCodeOfRpc(absl::UnavailableError("")), 6);
  EXPECT_EQ(ExitCodeOfRpc(absl::ResourceExhaustedError("")), 6);
  EXPECT_EQ(ExitCodeOfRpc(absl::CancelledError("")), 130);
}

TEST(ExitCode, OfARefusedModelIsThatOfAFailedJob) {
  EXPECT_EQ(ExitCodeOfCompile(absl::OkStatus()), 0);
  EXPECT_EQ(ExitCodeOfCompile(absl::NotFoundError("")), 2);
  EXPECT_EQ(ExitCodeOfCompile(absl::InvalidArgumentError("")), 3);
  EXPECT_EQ(ExitCodeOfCompile(absl::UnimplementedError("")), 3);
  EXPECT_EQ(ExitCodeOfCompile(absl::FailedPreconditionError("")), 3);
  EXPECT_EQ(ExitCodeOfCompile(absl::InternalError("")), 4);
  EXPECT_EQ(ExitCodeOfCompile(absl::DeadlineExceededError("")), 5);
}

}  // namespace
}  // namespace tinyrig::cli
