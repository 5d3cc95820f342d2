// State machine, scheduler, outcomes and expiry: values in, values out.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/queue/attempt_outcome.h"
#include "server/queue/expiry.h"
#include "server/queue/job_state.h"
#include "server/queue/scheduler.h"

namespace tinyrig::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Job = v1::Job;

TEST(JobState, NothingFollowsAnEnd) {
  for (const Job::State end : {Job::SUCCEEDED, Job::FAILED, Job::CANCELLED}) {
    for (int to = Job::State_MIN; to <= Job::State_MAX; ++to) {
      EXPECT_FALSE(IsLegal(end, static_cast<Job::State>(to)));
    }
  }
}

TEST(JobState, EveryOtherStateCanFailAndBeCancelled) {
  for (const Job::State from :
       {Job::QUEUED, Job::COMPILING, Job::FLASHING, Job::RUNNING}) {
    EXPECT_TRUE(IsLegal(from, Job::FAILED));
    EXPECT_TRUE(IsLegal(from, Job::CANCELLED));
    EXPECT_FALSE(IsLegal(from, from));
    EXPECT_EQ(IsLegal(from, Job::SUCCEEDED), IsLeased(from));
  }
  EXPECT_FALSE(IsLegal(Job::COMPILING, Job::FLASHING));
  EXPECT_FALSE(IsLegal(Job::QUEUED, Job::RUNNING));
}

QueuedJob Make(int64_t id, const std::string& submitter, int priority = 0) {
  return {.id = id,
          .board_id = "f746",
          .submitter = submitter,
          .artifact_sha256 = "art",
          .priority = priority,
          .create_us = id * 100};
}

// Both deciders give the same answer for every order of their input.
void ExpectServed(std::vector<QueuedJob> jobs,
                  const std::vector<SubmitterUsage>& usage,
                  const std::vector<int64_t>& wanted) {
  std::sort(jobs.begin(), jobs.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  do {
    EXPECT_EQ(WaitingOrder(jobs, usage), wanted);
    std::vector<FreeBoard> boards;
    for (size_t i = 0; i < jobs.size(); ++i) {
      boards.push_back({"b" + std::to_string(i), "f746", "a", ""});
    }
    std::vector<int64_t> served;
    for (const Assignment& assignment : Schedule(jobs, boards, usage)) {
      served.push_back(assignment.job_id);
    }
    EXPECT_EQ(served, wanted);
  } while (std::next_permutation(
      jobs.begin(), jobs.end(),
      [](const auto& a, const auto& b) { return a.id < b.id; }));
}

TEST(Scheduler, PriorityThenFairnessThenAge) {
  ExpectServed({Make(1, "ann"), Make(2, "ann"), Make(3, "ann"), Make(4, "bob"),
                Make(5, "cid", 7)},
               {}, {5, 1, 4, 2, 3});
}

TEST(Scheduler, WhoHasABoardNowComesAfterWhoHasNone) {
  ExpectServed({Make(1, "ann"), Make(2, "bob")}, {{"ann", 2, 2}, {"bob", 1, 9}},
               {2, 1});
}

TEST(Scheduler, WhoWasServedLatelyComesAfterWhoWasNot) {
  ExpectServed({Make(1, "ann"), Make(2, "bob"), Make(3, "cid")},
               {{"ann", 0, 5}, {"bob", 0, 1}}, {3, 2, 1});
}

TEST(Scheduler, BoardsMustFit) {
  QueuedJob other = Make(1, "ann");
  other.board_id = "f412";
  QueuedJob named = Make(2, "ann");
  named.board_name = "a/second";
  QueuedJob raw = Make(3, "bob");
  raw.artifact_sha256.clear();
  EXPECT_THAT(
      Schedule({other, named, raw},
               {{"a/first", "f746", "a", ""}, {"a/second", "f746", "a", ""}},
               {}),
      ElementsAre(Assignment{2, "a/second", "a"}));
}

TEST(Scheduler, PrefersTheBoardThatCarriesTheImage) {
  EXPECT_THAT(
      Schedule({Make(1, "ann")},
               {{"x", "f746", "a", "other"}, {"y", "f746", "a", "art"}}, {}),
      ElementsAre(Assignment{1, "y", "a"}));
}

TEST(Scheduler, AvoidsTheBoardWhereItFailedIfItCan) {
  QueuedJob job = Make(1, "ann");
  job.avoid_board = "x";
  EXPECT_THAT(
      Schedule({job}, {{"x", "f746", "a", "art"}, {"y", "f746", "a", ""}}, {}),
      ElementsAre(Assignment{1, "y", "a"}));
  EXPECT_THAT(Schedule({job}, {{"x", "f746", "a", "art"}}, {}),
              ElementsAre(Assignment{1, "x", "a"}));
}

TEST(Scheduler, NoBoardsNoLeases) {
  EXPECT_THAT(Schedule({Make(1, "ann")}, {}, {}), IsEmpty());
}

using How = AttemptEnd::How;

AttemptEnd Failed(bool retryable) {
  AttemptEnd end{.how = How::kFailed, .retryable = retryable};
  end.failure.set_failure_class(v1::BOARD);
  return end;
}

TEST(AttemptOutcome, RetriesUntilTheLimitThenKeepsTheAgentsClass) {
  const AttemptLimits limits{.max_failures = 3};
  EXPECT_EQ(DecideOutcome(Failed(true), 0, 0, false, "running", limits).next,
            Job::QUEUED);
  EXPECT_EQ(DecideOutcome(Failed(true), 1, 0, false, "running", limits).next,
            Job::QUEUED);
  const AttemptOutcome last =
      DecideOutcome(Failed(true), 2, 0, false, "running", limits);
  EXPECT_EQ(last.next, Job::FAILED);
  EXPECT_EQ(last.failure.failure_class(), v1::BOARD);
  EXPECT_EQ(last.failure.stage(), "running");
  EXPECT_EQ(DecideOutcome(Failed(false), 0, 0, false, "running", limits).next,
            Job::FAILED);
}

TEST(AttemptOutcome, LostAgentsAreTheLabsFault) {
  const AttemptLimits limits{.max_losses = 2};
  const AttemptEnd lost{.how = How::kAgentLost};
  const AttemptOutcome first =
      DecideOutcome(lost, 0, 0, false, "flashing", limits);
  EXPECT_EQ(first.next, Job::QUEUED);
  EXPECT_EQ(first.lost_count, 1);
  EXPECT_EQ(first.failed_count, 0);
  const AttemptOutcome second =
      DecideOutcome(lost, 0, 1, false, "flashing", limits);
  EXPECT_EQ(second.next, Job::FAILED);
  EXPECT_EQ(second.failure.failure_class(), v1::LAB);
}

TEST(AttemptOutcome, ATimeoutIsFinalAndACancelBeatsAll) {
  const AttemptEnd timeout{.how = How::kTimeout};
  EXPECT_EQ(DecideOutcome(timeout, 0, 0, false, "running", {})
                .failure.failure_class(),
            v1::TIMEOUT);
  for (const How how : {How::kFailed, How::kAgentLost, How::kTimeout}) {
    EXPECT_EQ(DecideOutcome({.how = how}, 0, 0, true, "running", {}).next,
              Job::CANCELLED);
  }
}

TEST(Expiry, EachReasonAtItsEdge) {
  const LeaseWatch lease{
      .job_id = 1, .fence = 2, .agent_seen_us = 1000, .deadline_us = 5000};
  EXPECT_THAT(ExpiredLeases({lease}, 100, 1099), IsEmpty());
  EXPECT_THAT(ExpiredLeases({lease}, 100, 1100),
              ElementsAre(ExpiredLease{1, 2, Expiry::kAgentLost}));
  EXPECT_THAT(ExpiredLeases({lease}, 100, 5000),
              ElementsAre(ExpiredLease{1, 2, Expiry::kTimeout}));
  LeaseWatch cancelled = lease;
  cancelled.cancel_deadline_us = 1050;
  EXPECT_THAT(ExpiredLeases({cancelled}, 100, 1050),
              ElementsAre(ExpiredLease{1, 2, Expiry::kCancelled}));
  EXPECT_EQ(NextExpiry({lease}, 100), 1100);
  EXPECT_EQ(NextExpiry({cancelled}, 100), 1050);
  EXPECT_EQ(NextExpiry({}, 100), INT64_MAX);
}

}  // namespace
}  // namespace tinyrig::server
