// Who may attach, what becomes of leases then, and whose words count.
#include "server/lab/agent_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/lab/testing/lab_rig.h"

namespace tinyrig::server {
namespace {

using servertest::kF746;
using servertest::kMsUs;
using servertest::LabRig;
using servertest::MakeArtifact;
using servertest::RigAgent;

class AgentRegistryTest : public ::testing::Test {
 protected:
  AgentRegistryTest() {
    agent_.Board("b1");
    EXPECT_EQ(agent_.Attach(), absl::OkStatus());
    rig_.AddDataset("d20", 20);
  }
  v1::Lease Lease() {
    rig_.Turn();
    const auto lease = agent_.stream.TakeLease();
    EXPECT_TRUE(lease.has_value());
    return lease.value_or(v1::Lease());
  }

  LabRig rig_;
  RigAgent agent_ = rig_.Agent();
  std::string artifact_ = MakeArtifact(kF746);
};

TEST_F(AgentRegistryTest, AWelcomeTellsTheTimes) {
  ASSERT_EQ(agent_.stream.sent.size(), 1U);
  const v1::Welcome& welcome = agent_.stream.sent[0].welcome();
  EXPECT_EQ(welcome.heartbeat_interval_ms(), 2000);
  EXPECT_EQ(welcome.lease_timeout_ms(), 10'000);
  EXPECT_EQ(welcome.server_version(), rig_.lab.options.server_version);
}

TEST_F(AgentRegistryTest, AnotherInstanceWaitsForTheFirstToBeSilent) {
  RigAgent second = rig_.Agent("a", "i2");
  rig_.Advance(rig_.lab.options.takeover_ms * kMsUs - 1);
  EXPECT_EQ(second.Attach().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_FALSE(agent_.stream.closed.has_value());
  rig_.Advance(1);
  EXPECT_EQ(second.Attach(), absl::OkStatus());
  EXPECT_EQ(agent_.stream.closed->code(), absl::StatusCode::kUnavailable);
}

TEST_F(AgentRegistryTest, TheSameInstanceTakesItsPlaceAtOnce) {
  RigAgent again = rig_.Agent("a", "i1");
  EXPECT_EQ(again.Attach(), absl::OkStatus());
  EXPECT_TRUE(agent_.stream.closed.has_value());
  EXPECT_EQ(agent_.Beat().code(), absl::StatusCode::kUnavailable)
      << "the old stream was given up";
  agent_.Detach();  // too late: changes nothing
  EXPECT_EQ(again.Beat(), absl::OkStatus());
}

TEST_F(AgentRegistryTest, ADetachedAgentKeepsItsLeaseForTheTimeout) {
  const int64_t id = rig_.AddJob(artifact_);
  Lease();
  agent_.Detach();
  rig_.Turn();
  EXPECT_EQ(rig_.StateOf(id), v1::Job::FLASHING);
  EXPECT_TRUE(rig_.lab.state.Lock()->agents.empty());
  rig_.Advance(rig_.lab.options.lease_timeout_ms * kMsUs);
  rig_.Turn();
  EXPECT_EQ(rig_.StateOf(id), v1::Job::QUEUED);
}

TEST_F(AgentRegistryTest, AHeldLeaseGoesOn) {
  rig_.AddJob(artifact_, "d20");
  const v1::Lease lease = Lease();
  ASSERT_EQ(agent_.Predict(lease, 0, 8), absl::OkStatus());
  agent_.Hold(lease);
  ASSERT_EQ(agent_.Attach(), absl::OkStatus());
  EXPECT_FALSE(agent_.stream.TakeRevoke().has_value());
  ASSERT_EQ(agent_.Predict(lease, 8, 12), absl::OkStatus());
  EXPECT_TRUE(agent_.Acked());
}

TEST_F(AgentRegistryTest, ALeaseThatANewInstanceDoesNotHoldIsGivenOutAgain) {
  rig_.AddJob(artifact_, "d20");
  const v1::Lease old = Lease();
  ASSERT_EQ(agent_.Predict(old, 0, 8), absl::OkStatus());
  agent_.Detach();
  RigAgent restarted = rig_.Agent("a", "i2");
  restarted.Board("b1");
  ASSERT_EQ(restarted.Attach(), absl::OkStatus());
  rig_.Turn();
  const auto again = restarted.stream.TakeLease();
  ASSERT_TRUE(again.has_value()) << "at once, not after the lease timeout";
  EXPECT_EQ(again->fence(), old.fence() + 1);
  EXPECT_EQ(again->next_sample_index(), 8);
}

TEST_F(AgentRegistryTest, WhatAnAgentHoldsWithoutALeaseIsRevoked) {
  v1::Lease stale;
  stale.set_job_id("j-9");
  stale.set_fence(3);
  agent_.Hold(stale);
  ASSERT_EQ(agent_.Attach(), absl::OkStatus());
  const auto revoke = agent_.stream.TakeRevoke();
  ASSERT_TRUE(revoke.has_value());
  EXPECT_EQ(revoke->job_id(), "j-9");
  EXPECT_EQ(revoke->fence(), 3);
}

TEST_F(AgentRegistryTest, ACancelIsSaidAgainToWhoStillHoldsTheLease) {
  const int64_t id = rig_.AddJob(artifact_);
  agent_.Hold(Lease());
  rig_.lab.state.Lock()->leases.at(id).cancel_deadline_us =
      rig_.clock.MonotonicMicros() + 1;
  ASSERT_EQ(agent_.Attach(), absl::OkStatus());
  EXPECT_EQ(agent_.stream.TakeRevoke()->reason(), "cancelled");
}

TEST_F(AgentRegistryTest, ASecondHelloEndsTheStream) {
  v1::AgentMessage message;
  *message.mutable_hello() = agent_.hello;
  EXPECT_EQ(agent_.Say(message).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(agent_.Say({}).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(AgentRegistryTest, BoardsThatAreGoneAreNoLongerThere) {
  agent_.hello.clear_boards();
  agent_.Board("b2");
  ASSERT_EQ(agent_.Attach(), absl::OkStatus());
  const auto live = rig_.lab.state.Lock();
  EXPECT_FALSE(live->agents.at("a").boards.contains("a/b1"));
  EXPECT_TRUE(live->agents.at("a").boards.contains("a/b2"));
}

TEST_F(AgentRegistryTest, BoardsUpAreThoseThatTakeJobs) {
  agent_.Board("b2", kF746, v1::Board::FAULTY)
      .Board("b3", kF746, v1::Board::BUSY)
      .Board("b4", kF746, v1::Board::DISABLED);
  ASSERT_EQ(agent_.Attach(), absl::OkStatus());
  EXPECT_THAT(BoardsUp(*rig_.lab.state.Lock()),
              ::testing::ElementsAre("a/b1", "a/b3"));
}

}  // namespace
}  // namespace tinyrig::server
