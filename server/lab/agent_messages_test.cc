// What an agent says of its jobs: fences, duplicates, gaps, results, failures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/lab/testing/lab_rig.h"
#include "server/request/resource_ids.h"

namespace tinyrig::server {
namespace {

using servertest::kF746;
using servertest::kMsUs;
using servertest::LabRig;
using servertest::MakeArtifact;
using servertest::MakeResult;
using servertest::RigAgent;
using ::testing::Contains;

class AgentMessagesTest : public ::testing::Test {
 protected:
  AgentMessagesTest() {
    agent_.Board("b1");
    EXPECT_EQ(agent_.Attach(), absl::OkStatus());
    rig_.AddDataset("d20", 20);
  }
  v1::Lease Lease() {
    EXPECT_EQ(agent_.SetBoard("b1", v1::Board::IDLE), absl::OkStatus());
    rig_.Turn();
    const auto lease = agent_.stream.TakeLease();
    EXPECT_TRUE(lease.has_value());
    return lease.value_or(v1::Lease());
  }
  // The lease was ended and its agent was told.
  void ExpectRevoked(const std::string& reason) {
    const auto revoke = agent_.stream.TakeRevoke();
    ASSERT_TRUE(revoke.has_value());
    EXPECT_EQ(revoke->reason(), reason);
  }
  v1::DeviceResult Result() { return MakeResult(artifact_, 10); }

  LabRig rig_;
  RigAgent agent_ = rig_.Agent();
  std::string artifact_ = MakeArtifact(kF746);
};

TEST_F(AgentMessagesTest, AStageAndALogLineAreStored) {
  const int64_t id = rig_.AddJob(artifact_);
  ASSERT_EQ(agent_.Update(Lease(), v1::Job::RUNNING, 5), absl::OkStatus());
  EXPECT_EQ(rig_.StateOf(id), v1::Job::RUNNING);
  EXPECT_THAT(rig_.LogOf(id), Contains("agent: step 5"));
  EXPECT_EQ(rig_.lab.state.Lock()->progress.at(id).progress.done(), 5);
}

TEST_F(AgentMessagesTest, AStateThatIsNotTheAgentsToSayIsPassedOver) {
  const int64_t id = rig_.AddJob(artifact_);
  const v1::Lease lease = Lease();
  ASSERT_EQ(agent_.Update(lease, v1::Job::SUCCEEDED), absl::OkStatus());
  ASSERT_EQ(agent_.Update(lease, v1::Job::QUEUED), absl::OkStatus());
  EXPECT_EQ(rig_.StateOf(id), v1::Job::FLASHING);
}

TEST_F(AgentMessagesTest, AnOlderFenceIsRevokedAndChangesNothing) {
  const int64_t id = rig_.AddJob(artifact_, "d20");
  const v1::Lease old = Lease();
  ASSERT_EQ(agent_.Predict(old, 0, 5), absl::OkStatus());
  rig_.Advance(rig_.lab.options.lease_timeout_ms * kMsUs);
  rig_.Turn();
  ASSERT_EQ(agent_.Attach(), absl::OkStatus());
  agent_.stream.sent.clear();
  rig_.Turn();
  const auto fresh = agent_.stream.TakeLease();
  ASSERT_TRUE(fresh.has_value());
  EXPECT_GT(fresh->fence(), old.fence());
  ASSERT_EQ(agent_.Predict(old, 5, 15), absl::OkStatus());
  EXPECT_FALSE(agent_.Acked());
  ExpectRevoked("stale fence");
  ASSERT_EQ(agent_.Finish(old, Result()), absl::OkStatus());
  EXPECT_FALSE(agent_.Acked());
  ExpectRevoked("stale fence");
  ASSERT_EQ(agent_.Update(old, v1::Job::RUNNING), absl::OkStatus());
  ExpectRevoked("stale fence");
  EXPECT_EQ(rig_.StateOf(id), v1::Job::FLASHING);
  EXPECT_EQ(rig_.store->GetJob(id)->stored_samples, 5);
}

TEST_F(AgentMessagesTest, AnotherAgentsLeaseIsNotItsOwn) {
  rig_.AddJob(artifact_);
  const v1::Lease lease = Lease();
  RigAgent thief = rig_.Agent("thief");
  ASSERT_EQ(thief.Attach(), absl::OkStatus());
  ASSERT_EQ(thief.Finish(lease, Result()), absl::OkStatus());
  EXPECT_FALSE(thief.Acked());
  EXPECT_TRUE(thief.stream.TakeRevoke().has_value());
  EXPECT_EQ(rig_.StateOf(1), v1::Job::FLASHING);
}

TEST_F(AgentMessagesTest, DuplicatesAreAckedAndStoredOnce) {
  const int64_t id = rig_.AddJob(artifact_, "d20");
  const v1::Lease lease = Lease();
  for (const auto& [from, count] :
       {std::pair(0, 20), std::pair(0, 20), std::pair(7, 3)}) {
    ASSERT_EQ(agent_.Predict(lease, from, count), absl::OkStatus());
    EXPECT_TRUE(agent_.Acked());
  }
  EXPECT_EQ(rig_.store->GetJob(id)->stored_samples, 20);
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(agent_.Finish(lease, Result()), absl::OkStatus());
    EXPECT_TRUE(agent_.Acked());
  }
  ASSERT_EQ(agent_.Predict(lease, 7, 3), absl::OkStatus());
  EXPECT_TRUE(agent_.Acked()) << "its lease ended by what it said itself";
  EXPECT_EQ(rig_.StateOf(id), v1::Job::SUCCEEDED);
  EXPECT_TRUE(rig_.lab.state.Lock()->leases.empty());
}

TEST_F(AgentMessagesTest, GapsAndWrongSizesAndTooManyEndTheAttempt) {
  const int64_t id = rig_.AddJob(artifact_, "d20");
  ASSERT_EQ(agent_.Predict(Lease(), 3, 2), absl::OkStatus());
  ExpectRevoked("failed");
  ASSERT_EQ(agent_.Predict(Lease(), 0, 2, 5), absl::OkStatus());
  ExpectRevoked("failed");
  EXPECT_EQ(rig_.StateOf(id), v1::Job::QUEUED);
  ASSERT_EQ(agent_.Predict(Lease(), 0, 21), absl::OkStatus());
  ExpectRevoked("failed");
  EXPECT_EQ(rig_.StateOf(id), v1::Job::FAILED) << "three in a row";
  EXPECT_EQ(rig_.Job(id).failure().failure_class(), v1::LAB);
}

TEST_F(AgentMessagesTest, LabelsAndWinnersAreStoredWithThePredictions) {
  const int64_t id = rig_.AddJob(artifact_, "d20");
  const v1::Lease lease = Lease();
  ASSERT_EQ(agent_.Predict(lease, 0, 20), absl::OkStatus());
  ASSERT_EQ(agent_.Finish(lease, Result()), absl::OkStatus());
  const auto run = rig_.store->GetRun(1);
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->accuracy().total(), 20);
  EXPECT_EQ(run->accuracy().correct(), 18) << "samples 9 and 19 are wrong";
  EXPECT_EQ(run->job_id(), JobName(id));
}

TEST_F(AgentMessagesTest, MissingSamplesAreNoSuccess) {
  const int64_t id = rig_.AddJob(artifact_, "d20");
  v1::Lease lease = Lease();
  ASSERT_EQ(agent_.Predict(lease, 0, 19), absl::OkStatus());
  ASSERT_EQ(agent_.Finish(lease, Result()), absl::OkStatus());
  EXPECT_TRUE(agent_.Acked()) << "it need not say it again";
  EXPECT_EQ(rig_.StateOf(id), v1::Job::QUEUED);
  lease = Lease();
  EXPECT_EQ(lease.next_sample_index(), 19) << "the samples stay";
  ASSERT_EQ(agent_.Predict(lease, 19, 1), absl::OkStatus());
  ASSERT_EQ(agent_.Finish(lease, Result()), absl::OkStatus());
  EXPECT_EQ(rig_.StateOf(id), v1::Job::SUCCEEDED);
}

TEST_F(AgentMessagesTest, AForeignResultEndsTheAttempt) {
  const int64_t id = rig_.AddJob(artifact_);
  v1::DeviceResult result = Result();
  result.set_image_hash("other");
  ASSERT_EQ(agent_.Finish(Lease(), result), absl::OkStatus());
  EXPECT_TRUE(agent_.Acked());
  EXPECT_EQ(rig_.StateOf(id), v1::Job::QUEUED);
  EXPECT_EQ(rig_.store->GetJob(id)->failed_count, 1);
}

TEST_F(AgentMessagesTest, FailuresAreRetriedThreeTimesThenTellTheirClass) {
  const int64_t id = rig_.AddJob(artifact_);
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(rig_.StateOf(id), v1::Job::QUEUED);
    const v1::Lease lease = Lease();
    EXPECT_EQ(lease.fence(), i);
    ASSERT_EQ(agent_.Fail(lease, true), absl::OkStatus());
    EXPECT_TRUE(agent_.Acked());
  }
  const v1::Job job = rig_.Job(id);
  EXPECT_EQ(job.state(), v1::Job::FAILED);
  EXPECT_EQ(job.failure().failure_class(), v1::BOARD);
  EXPECT_EQ(job.failure().message(), "the board went up in smoke");
  EXPECT_EQ(job.failure().stage(), "flashing");
}

TEST_F(AgentMessagesTest, ProgressBetweenFailuresBeginsTheCountAgain) {
  const int64_t id = rig_.AddJob(artifact_, "d20");
  for (int i = 0; i < 4; ++i) {
    const v1::Lease lease = Lease();
    ASSERT_EQ(agent_.Predict(lease, i, 1), absl::OkStatus());
    ASSERT_EQ(agent_.Fail(lease, true), absl::OkStatus());
  }
  EXPECT_EQ(rig_.StateOf(id), v1::Job::QUEUED);
  EXPECT_EQ(rig_.store->GetJob(id)->failed_count, 1);
}

TEST_F(AgentMessagesTest, WhatCannotBeRetriedFailsAtOnce) {
  const int64_t id = rig_.AddJob(artifact_);
  ASSERT_EQ(agent_.Fail(Lease(), false, v1::MODEL), absl::OkStatus());
  EXPECT_EQ(rig_.StateOf(id), v1::Job::FAILED);
  EXPECT_EQ(rig_.Job(id).failure().failure_class(), v1::MODEL);
}

TEST_F(AgentMessagesTest, ACancelEndsWhenTheAgentLetsGo) {
  for (const bool by_finish : {false, true}) {
    const int64_t id = rig_.AddJob(artifact_);
    const v1::Lease lease = Lease();
    ASSERT_EQ(rig_.store->RequestCancel(id), absl::OkStatus());
    rig_.lab.state.Lock()->leases.at(id).cancel_deadline_us =
        rig_.clock.MonotonicMicros() + 1;
    ASSERT_EQ(agent_.SetBoard("b1", v1::Board::BUSY), absl::OkStatus());
    EXPECT_EQ(rig_.StateOf(id), v1::Job::FLASHING);
    if (by_finish) {
      ASSERT_EQ(agent_.Finish(lease, Result()), absl::OkStatus());
    } else {
      ASSERT_EQ(agent_.SetBoard("b1", v1::Board::IDLE), absl::OkStatus());
    }
    EXPECT_EQ(rig_.StateOf(id), v1::Job::CANCELLED);
  }
  EXPECT_FALSE(rig_.store->GetRun(1).ok()) << "a cancelled job has no result";
}

TEST_F(AgentMessagesTest, AJobThatIsNoJobEndsTheStream) {
  v1::Lease lease;
  lease.set_job_id("no job");
  EXPECT_EQ(agent_.Predict(lease, 0, 1).code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tinyrig::server
