// How jobs end and how they are shown.
#include "server/lab/job_lifecycle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/lab/testing/lab_rig.h"
#include "server/request/resource_ids.h"

namespace tinyrig::server {
namespace {

using servertest::kF746;
using servertest::LabRig;
using servertest::MakeArtifact;
using servertest::RigAgent;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::SizeIs;

class JobLifecycleTest : public ::testing::Test {
 protected:
  JobLifecycleTest() {
    rig_.lab.wake_dispatcher = [this] { ++wakes_; };
  }
  v1::Job Shown() {
    return rig_.jobs.Show(*rig_.lab.state.Lock(), *rig_.store->GetJob(id_));
  }
  void Lease() {
    agent_.Board("b1");
    ASSERT_EQ(agent_.Attach(), absl::OkStatus());
    rig_.Turn();
    ASSERT_TRUE(agent_.stream.TakeLease().has_value());
  }
  absl::Status EndLease(const AttemptEnd& end, bool revoke = false) {
    return rig_.jobs.EndLease(*rig_.lab.state.Lock(), id_, end, revoke);
  }
  absl::Status EndUnleased(v1::Job::State next) {
    v1::Failure failure;
    failure.set_failure_class(v1::MODEL);
    failure.set_message("too large");
    return rig_.jobs.EndUnleased(*rig_.lab.state.Lock(),
                                 *rig_.store->GetJob(id_), next, failure);
  }

  LabRig rig_;
  RigAgent agent_ = rig_.Agent();
  int64_t id_ = rig_.AddJob(MakeArtifact(kF746));
  int wakes_ = 0;
};

TEST_F(JobLifecycleTest, ProgressMovesTheRevisionBelowTheRows) {
  const int64_t before = Shown().revision();
  v1::Progress progress;
  progress.set_done(3);
  rig_.jobs.SetProgress(*rig_.lab.state.Lock(), id_, progress);
  EXPECT_EQ(Shown().revision(), before + 1);
  EXPECT_EQ(Shown().progress().done(), 3);
  Lease();  // a change of the row counts for more than any progress
  EXPECT_GT(Shown().revision(), before + 900'000);
}

TEST_F(JobLifecycleTest, AnEndedJobShowsNoProgress) {
  v1::Progress progress;
  progress.set_done(3);
  ASSERT_EQ(EndUnleased(v1::Job::FAILED), absl::OkStatus());
  rig_.jobs.SetProgress(*rig_.lab.state.Lock(), id_, progress);
  EXPECT_FALSE(Shown().has_progress());
}

TEST_F(JobLifecycleTest, ALeaseCanOnlyEndWhereThereIsOne) {
  EXPECT_EQ(EndLease({.how = AttemptEnd::How::kAgentLost}).code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(JobLifecycleTest, AnEndTellsTheAgentTheLogAndThoseWhoWait) {
  Lease();
  const uint64_t seen = rig_.lab.changes.Version(id_);
  wakes_ = 0;
  ASSERT_EQ(EndLease({.how = AttemptEnd::How::kAgentLost}, true),
            absl::OkStatus());
  EXPECT_EQ(agent_.stream.TakeRevoke()->job_id(), JobName(id_));
  EXPECT_THAT(rig_.LogOf(id_),
              Contains("server: attempt 1 on a/b1: agent lost; queued again"));
  EXPECT_NE(rig_.lab.changes.Version(id_), seen);
  EXPECT_GT(wakes_, 0);
  const auto live = rig_.lab.state.Lock();
  EXPECT_TRUE(live->leases.empty());
  EXPECT_EQ(live->agents.at("a").boards.at("a/b1").freed_us,
            rig_.clock.MonotonicMicros());
}

TEST_F(JobLifecycleTest, AJobThatABoardHoldsDoesNotEndAsUnleased) {
  Lease();
  EXPECT_EQ(EndUnleased(v1::Job::FAILED).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(rig_.StateOf(id_), v1::Job::FLASHING);
}

TEST_F(JobLifecycleTest, AnUnleasedEndKeepsItsReason) {
  ASSERT_EQ(EndUnleased(v1::Job::FAILED), absl::OkStatus());
  EXPECT_EQ(rig_.Job(id_).failure().message(), "too large");
  EXPECT_THAT(rig_.LogOf(id_), Contains("server: FAILED: too large"));
  EXPECT_EQ(EndUnleased(v1::Job::FAILED).code(),
            absl::StatusCode::kFailedPrecondition)
      << "a job ends once";
}

TEST_F(JobLifecycleTest, LogLinesArePrintableAndLimited) {
  rig_.jobs.Log(id_, "agent", {"a\tb\x01\xC3\xA9", std::string(5000, 'x')});
  EXPECT_THAT(rig_.LogOf(id_),
              ElementsAre("agent: a b???", "agent: " + std::string(4096, 'x')));
  rig_.jobs.Log(id_, "agent", std::vector<std::string>(201, "line"));
  EXPECT_THAT(rig_.LogOf(id_), SizeIs(2 + 200));
}

TEST_F(JobLifecycleTest, ARevokeOfSomebodyWhoIsAwayIsNothing) {
  JobLifecycle::Revoke(*rig_.lab.state.Lock(), "nobody", id_, 1, "cancelled");
}

}  // namespace
}  // namespace tinyrig::server
