// Who gets a lease, and when one is over although nobody said so.
#include "server/lab/lease_dispatch.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/lab/testing/lab_rig.h"
#include "server/request/resource_ids.h"

namespace tinyrig::server {
namespace {

using servertest::kF412;
using servertest::kF746;
using servertest::kMsUs;
using servertest::kSecondUs;
using servertest::LabRig;
using servertest::MakeArtifact;
using servertest::RigAgent;

class LeaseDispatchTest : public ::testing::Test {
 protected:
  LeaseDispatchTest() {
    agent_.Board("b1");
    EXPECT_EQ(agent_.Attach(), absl::OkStatus());
  }
  // The lease that one turn gives, or none.
  std::optional<v1::Lease> Next() {
    rig_.Turn();
    return agent_.stream.TakeLease();
  }
  v1::Job::State StateOf(int64_t id) { return rig_.StateOf(id); }

  LabRig rig_;
  RigAgent agent_ = rig_.Agent();
  std::string artifact_ = MakeArtifact(kF746);
};

TEST_F(LeaseDispatchTest, AFreeBoardGetsTheJobWithAllThatItNeeds) {
  rig_.AddDataset("d20", 20);
  const int64_t id = rig_.AddJob(artifact_, "d20", 60);
  const auto lease = Next();
  ASSERT_TRUE(lease.has_value());
  EXPECT_EQ(lease->job_id(), JobName(id));
  EXPECT_EQ(lease->fence(), 1);
  EXPECT_EQ(lease->board_name(), "b1") << "without the agent's name";
  EXPECT_EQ(lease->artifact_sha256(), servertest::Sha(artifact_));
  EXPECT_EQ(lease->dataset_sha256(), rig_.store->FindDataset("d20")->sha256());
  EXPECT_EQ(lease->next_sample_index(), 0);
  EXPECT_EQ(lease->timeout_s(), 60);
  EXPECT_EQ(StateOf(id), v1::Job::FLASHING);
  EXPECT_EQ(rig_.lab.state.Lock()->leases.at(id).board_name, "a/b1");
}

TEST_F(LeaseDispatchTest, ABoardHasOneJobAtATime) {
  rig_.AddJob(artifact_);
  const int64_t second = rig_.AddJob(artifact_);
  ASSERT_TRUE(Next().has_value());
  EXPECT_FALSE(Next().has_value());
  EXPECT_EQ(StateOf(second), v1::Job::QUEUED);
}

TEST_F(LeaseDispatchTest, AnotherKindOfBoardGetsNothing) {
  rig_.AddJob(MakeArtifact(kF412));
  EXPECT_FALSE(Next().has_value());
}

TEST_F(LeaseDispatchTest, FaultyAndDisabledBoardsGetNothing) {
  rig_.AddJob(artifact_);
  for (const auto state : {v1::Board::FAULTY, v1::Board::DISABLED}) {
    ASSERT_EQ(agent_.SetBoard("b1", state), absl::OkStatus());
    EXPECT_FALSE(Next().has_value()) << state;
  }
  ASSERT_EQ(agent_.SetBoard("b1", v1::Board::IDLE), absl::OkStatus());
  EXPECT_TRUE(Next().has_value());
}

TEST_F(LeaseDispatchTest, TheNextJobWaitsUntilTheAgentSaysIdle) {
  rig_.AddJob(artifact_);
  const int64_t second = rig_.AddJob(artifact_);
  const auto first = Next();
  ASSERT_EQ(agent_.Fail(*first, false), absl::OkStatus());
  EXPECT_FALSE(Next().has_value()) << "the board may still be let go";
  ASSERT_EQ(agent_.SetBoard("b1", v1::Board::IDLE), absl::OkStatus());
  EXPECT_EQ(Next()->job_id(), JobName(second));
}

TEST_F(LeaseDispatchTest, AnAgentThatNeverSaysIdleIsGivenTheBoardsGrace) {
  rig_.AddJob(artifact_);
  rig_.AddJob(artifact_);
  ASSERT_EQ(agent_.Fail(*Next(), false), absl::OkStatus());
  const int64_t grace_us = rig_.lab.options.board_grace_ms * kMsUs;
  rig_.Advance(grace_us - 1);
  EXPECT_FALSE(Next().has_value());
  rig_.Advance(1);
  EXPECT_TRUE(Next().has_value());
}

TEST_F(LeaseDispatchTest, ABoardThatCarriesTheImageIsPreferred) {
  agent_.Board("b2");
  ASSERT_EQ(agent_.Attach(), absl::OkStatus());
  rig_.AddJob(artifact_);
  const auto first = Next();
  ASSERT_EQ(first->board_name(), "b1");
  const std::string other = MakeArtifact(kF746, "other");
  rig_.AddJob(other);
  const auto second = Next();
  ASSERT_EQ(second->board_name(), "b2");
  ASSERT_EQ(agent_.Fail(*first, false), absl::OkStatus());
  ASSERT_EQ(agent_.Fail(*second, false), absl::OkStatus());
  ASSERT_EQ(agent_.SetBoard("b1", v1::Board::IDLE), absl::OkStatus());
  ASSERT_EQ(agent_.SetBoard("b2", v1::Board::IDLE), absl::OkStatus());
  rig_.AddJob(other);
  EXPECT_EQ(Next()->board_name(), "b2");
}

TEST_F(LeaseDispatchTest, ASilentAgentLosesItsLeaseAndItsStream) {
  const int64_t id = rig_.AddJob(artifact_);
  ASSERT_TRUE(Next().has_value());
  const int64_t timeout_us = rig_.lab.options.lease_timeout_ms * kMsUs;
  rig_.Advance(timeout_us - 1);
  rig_.Turn();
  EXPECT_EQ(StateOf(id), v1::Job::FLASHING);
  EXPECT_FALSE(agent_.stream.closed.has_value());
  rig_.Advance(1);
  rig_.Turn();
  EXPECT_EQ(StateOf(id), v1::Job::QUEUED);
  EXPECT_EQ(agent_.stream.TakeRevoke()->reason(), "agent lost");
  ASSERT_TRUE(agent_.stream.closed.has_value());
  EXPECT_EQ(agent_.stream.closed->code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(rig_.lab.state.Lock()->agents.empty());
}

TEST_F(LeaseDispatchTest, AnyWordOfTheAgentKeepsItsLeases) {
  const int64_t id = rig_.AddJob(artifact_);
  ASSERT_TRUE(Next().has_value());
  const int64_t timeout_us = rig_.lab.options.lease_timeout_ms * kMsUs;
  for (int i = 0; i < 3; ++i) {
    rig_.Advance(timeout_us - 1);
    ASSERT_EQ(agent_.Beat(), absl::OkStatus());
    rig_.Turn();
  }
  EXPECT_EQ(StateOf(id), v1::Job::FLASHING);
}

TEST_F(LeaseDispatchTest, TimeOnTheBoardRunsOutButNotTimeInTheQueue) {
  const int64_t first = rig_.AddJob(artifact_, "", 1);
  const int64_t second = rig_.AddJob(artifact_, "", 1);
  ASSERT_TRUE(Next().has_value());
  rig_.Advance(kSecondUs);
  ASSERT_EQ(agent_.Beat(), absl::OkStatus());
  rig_.Turn();
  EXPECT_EQ(StateOf(first), v1::Job::FAILED);
  EXPECT_EQ(rig_.Job(first).failure().failure_class(), v1::TIMEOUT);
  EXPECT_EQ(agent_.stream.TakeRevoke()->reason(), "timeout");
  EXPECT_EQ(StateOf(second), v1::Job::QUEUED);
  ASSERT_EQ(agent_.SetBoard("b1", v1::Board::IDLE), absl::OkStatus());
  const auto lease = Next();
  EXPECT_EQ(lease->job_id(), JobName(second));
  EXPECT_EQ(lease->timeout_s(), 1) << "all of its time is left";
}

TEST_F(LeaseDispatchTest, ASecondAttemptHasOnlyTheTimeThatIsLeft) {
  rig_.AddJob(artifact_, "", 10);
  const auto first = Next();
  rig_.Advance(6 * kSecondUs);
  ASSERT_EQ(agent_.Fail(*first, true), absl::OkStatus());
  ASSERT_EQ(agent_.SetBoard("b1", v1::Board::IDLE), absl::OkStatus());
  const auto second = Next();
  EXPECT_EQ(second->fence(), 2);
  EXPECT_EQ(second->timeout_s(), 4);
}

TEST_F(LeaseDispatchTest, ACancelEndsWhenItsGraceIsOver) {
  const int64_t id = rig_.AddJob(artifact_);
  ASSERT_TRUE(Next().has_value());
  ASSERT_EQ(rig_.store->RequestCancel(id), absl::OkStatus());
  rig_.lab.state.Lock()->leases.at(id).cancel_deadline_us =
      rig_.clock.MonotonicMicros() + 200 * kMsUs;
  rig_.Advance(200 * kMsUs - 1);
  rig_.Turn();
  EXPECT_EQ(StateOf(id), v1::Job::FLASHING);
  rig_.Advance(1);
  rig_.Turn();
  EXPECT_EQ(StateOf(id), v1::Job::CANCELLED);
  EXPECT_EQ(rig_.Job(id).failure().failure_class(), v1::CANCELLED_BY_USER);
}

TEST_F(LeaseDispatchTest, LostAgentsAreRetriedUpToTheLimit) {
  rig_.lab.options.attempts.max_losses = 2;
  const int64_t id = rig_.AddJob(artifact_);
  for (int loss = 1; loss <= 2; ++loss) {
    ASSERT_TRUE(Next().has_value());
    rig_.Advance(rig_.lab.options.lease_timeout_ms * kMsUs);
    rig_.Turn();
    ASSERT_EQ(agent_.Attach(), absl::OkStatus());
  }
  EXPECT_EQ(StateOf(id), v1::Job::FAILED);
  EXPECT_EQ(rig_.Job(id).failure().failure_class(), v1::LAB);
}

TEST_F(LeaseDispatchTest, NothingIsDueWithoutLeases) {
  EXPECT_EQ(rig_.leases.NextExpiryUs(*rig_.lab.state.Lock()),
            std::numeric_limits<int64_t>::max());
  rig_.AddJob(artifact_);
  rig_.Turn();
  EXPECT_EQ(
      rig_.leases.NextExpiryUs(*rig_.lab.state.Lock()),
      rig_.clock.MonotonicMicros() + rig_.lab.options.lease_timeout_ms * kMsUs);
}

TEST_F(LeaseDispatchTest, ANewProcessTakesLiveLeasesUp) {
  const int64_t id = rig_.AddJob(artifact_, "", 60);
  ASSERT_TRUE(Next().has_value());
  *rig_.lab.state.Lock() = LabState();  // as after a start
  rig_.Advance(5 * kSecondUs);
  EXPECT_EQ(rig_.leases.TakeUp(*rig_.lab.state.Lock()).value_or(0), 1U);
  const LiveLease lease = rig_.lab.state.Lock()->leases.at(id);
  EXPECT_EQ(lease.fence, 1);
  EXPECT_EQ(lease.agent_id, "a");
  EXPECT_EQ(lease.seen_us, rig_.clock.MonotonicMicros())
      << "one lease timeout to come back";
  EXPECT_EQ(lease.deadline_us, rig_.clock.MonotonicMicros() + 55 * kSecondUs)
      << "what was used before the start is used";
  EXPECT_EQ(lease.cancel_deadline_us, 0);
  rig_.Advance(rig_.lab.options.lease_timeout_ms * kMsUs);
  rig_.Turn();
  EXPECT_EQ(StateOf(id), v1::Job::QUEUED);
}

TEST_F(LeaseDispatchTest, ANewProcessRemembersACancel) {
  const int64_t id = rig_.AddJob(artifact_);
  ASSERT_TRUE(Next().has_value());
  ASSERT_EQ(rig_.store->RequestCancel(id), absl::OkStatus());
  *rig_.lab.state.Lock() = LabState();
  ASSERT_TRUE(rig_.leases.TakeUp(*rig_.lab.state.Lock()).ok());
  rig_.Advance(rig_.lab.options.cancel_grace_ms * kMsUs);
  rig_.Turn();
  EXPECT_EQ(StateOf(id), v1::Job::CANCELLED);
}

}  // namespace
}  // namespace tinyrig::server
