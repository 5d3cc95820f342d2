// Every way through the supervisor, without board, time or thread.
#include "agent/supervisor/supervisor_state.h"

#include <vector>

#include "gtest/gtest.h"

namespace tinyrig::agent {
namespace {

SupervisorState At(Phase phase, bool has_job = true) {
  SupervisorState state;
  state.phase = phase;
  state.has_job = has_job;
  return state;
}

Decision After(SupervisorState state, const std::vector<Event>& events) {
  Decision decision{state};
  for (const Event event : events) {
    decision = Decide(decision.state, event);
  }
  return decision;
}

const Event kAllEvents[] = {
    Event::kDone,       Event::kSilent,   Event::kImageDiffers, Event::kReset,
    Event::kFault,      Event::kPortLost, Event::kDataLoss,     Event::kRefused,
    Event::kLabTrouble, Event::kBug,      Event::kLease,        Event::kTimer,
    Event::kRevoked,    Event::kExpired,  Event::kStop};

TEST(SupervisorState, AGoodJobWithDataset) {
  SupervisorState idle = At(Phase::kIdle, false);
  idle.has_dataset = true;
  Decision d = Decide(idle, Event::kLease);
  const Action expected[] = {Action::kFetch,    Action::kCheckImage,
                             Action::kFlash,    Action::kCheckImage,
                             Action::kRunStage, Action::kRunStage,
                             Action::kRunStage, Action::kRunStage,
                             Action::kReportOk, Action::kWait};
  const Event events[] = {Event::kDone, Event::kImageDiffers, Event::kDone,
                          Event::kDone, Event::kDone,         Event::kDone,
                          Event::kDone, Event::kDone,         Event::kDone};
  EXPECT_EQ(d.action, expected[0]);
  for (size_t i = 0; i < std::size(events); ++i) {
    d = Decide(d.state, events[i]);
    EXPECT_EQ(d.action, expected[i + 1]) << i;
  }
  EXPECT_FALSE(d.state.has_job);
}

TEST(SupervisorState, SkipsFlashingWhenTheBoardCarriesTheImage) {
  const Decision d = After(At(Phase::kFetching), {Event::kDone, Event::kDone});
  EXPECT_EQ(d.action, Action::kRunStage);
  EXPECT_EQ(d.state.stage, Stage::kLatency);
  EXPECT_EQ(d.state.flashes, 0);
}

TEST(SupervisorState, WithoutADatasetTheJobEndsAfterMemory) {
  EXPECT_EQ(NextStage(Stage::kMemory, false), Stage::kDone);
  EXPECT_EQ(NextStage(Stage::kMemory, true), Stage::kDataset);
}

TEST(SupervisorState, ABlankBoardIsFoundThroughItsLoaderAndFlashed) {
  Decision d = After(At(Phase::kProbing, false), {Event::kSilent});
  EXPECT_EQ(d.action, Action::kIdentify);
  d = Decide(d.state, Event::kDone);
  EXPECT_EQ(d.action, Action::kWait);
  EXPECT_TRUE(d.state.blank);
  d = After(d.state, {Event::kLease, Event::kDone, Event::kSilent});
  EXPECT_EQ(d.action, Action::kFlash) << "no time wasted with resets";
}

TEST(SupervisorState, NeitherFirmwareNorLoaderIsFaultyUntilTheTimer) {
  Decision d =
      After(At(Phase::kProbing, false), {Event::kSilent, Event::kSilent});
  EXPECT_EQ(d.action, Action::kWaitFaulty);
  d = Decide(d.state, Event::kTimer);
  EXPECT_EQ(d.action, Action::kConnect);
}

TEST(SupervisorState, ASilentBoardIsResetOnceThenFlashedThenGivenUp) {
  Decision d = Decide(At(Phase::kChecking), Event::kSilent);
  EXPECT_EQ(d.action, Action::kReset);
  d = After(d.state, {Event::kDone, Event::kSilent});
  EXPECT_EQ(d.action, Action::kFlash);
  int steps = 0;
  while (d.action != Action::kReportFailure) {
    d = Decide(d.state,
               d.action == Action::kCheckImage ? Event::kSilent : Event::kDone);
    ASSERT_LT(++steps, 30);
  }
  EXPECT_EQ(d.failure_class, v1::BOARD);
  EXPECT_TRUE(d.retryable);
  EXPECT_EQ(Decide(d.state, Event::kDone).action, Action::kWaitFaulty);
}

TEST(SupervisorState, ADatasetGoesOnAfterThreeFaultsAndEndsAtTheFourth) {
  SupervisorState state = At(Phase::kRunning);
  state.stage = Stage::kDataset;
  state.has_dataset = true;
  for (int i = 0; i < kMaxRecoveries; ++i) {
    Decision d = Decide(state, Event::kFault);
    EXPECT_EQ(d.action, Action::kCollectFault);
    d = After(d.state, {Event::kDone, Event::kDone});
    EXPECT_EQ(d.action, Action::kRunStage);
    EXPECT_EQ(d.state.stage, Stage::kDataset) << "not from the start";
    state = d.state;
  }
  const Decision d = Decide(state, Event::kFault);
  EXPECT_EQ(d.action, Action::kReportFailure);
  EXPECT_EQ(d.failure_class, v1::BOARD);
  EXPECT_FALSE(d.retryable) << "the image's own fault";
}

TEST(SupervisorState, FiguresOfOneBootBelongTogether) {
  SupervisorState state = At(Phase::kRunning);
  state.stage = Stage::kMemory;
  EXPECT_EQ(Decide(state, Event::kReset).state.stage, Stage::kLatency);
}

TEST(SupervisorState, ASilentRunIsAnsweredByAReset) {
  const Decision d = Decide(At(Phase::kRunning), Event::kSilent);
  EXPECT_EQ(d.action, Action::kReset);
  EXPECT_EQ(d.state.recoveries, 1);
}

TEST(SupervisorState, ALostPortIsOpenedAgainAndTheJobGoesOn) {
  SupervisorState state = At(Phase::kRunning);
  state.stage = Stage::kDataset;
  Decision d = Decide(state, Event::kPortLost);
  EXPECT_EQ(d.action, Action::kConnect);
  d = Decide(d.state, Event::kDone);
  EXPECT_EQ(d.action, Action::kCheckImage);
  EXPECT_EQ(Decide(d.state, Event::kDone).state.stage, Stage::kDataset);
  d = Decide(At(Phase::kConnecting), Event::kSilent);
  EXPECT_EQ(d.failure_class, v1::BOARD);
  EXPECT_TRUE(d.retryable);
}

TEST(SupervisorState, FlashingIsTriedThreeTimes) {
  Decision d = Decide(At(Phase::kChecking), Event::kImageDiffers);
  for (int i = 1; i < kMaxFlashes; ++i) {
    EXPECT_EQ(d.action, Action::kFlash);
    d = Decide(d.state, Event::kDataLoss);
  }
  EXPECT_EQ(d.action, Action::kFlash);
  d = Decide(d.state, Event::kDataLoss);
  EXPECT_EQ(d.action, Action::kReportFailure);
  EXPECT_TRUE(d.retryable);
}

TEST(SupervisorState, FailuresNameWhoHasToAct) {
  const auto fetch = [](Event event) {
    return Decide(At(Phase::kFetching), event);
  };
  EXPECT_EQ(fetch(Event::kRefused).failure_class, v1::MODEL);
  EXPECT_FALSE(fetch(Event::kRefused).retryable);
  EXPECT_EQ(fetch(Event::kLabTrouble).failure_class, v1::LAB);
  EXPECT_TRUE(fetch(Event::kLabTrouble).retryable);
  EXPECT_EQ(Decide(At(Phase::kRunning), Event::kBug).failure_class,
            v1::INTERNAL);
}

TEST(SupervisorState, RevokeExpiryAndStopEndAJobInEveryPhase) {
  for (const Phase phase : {Phase::kConnecting, Phase::kFetching,
                            Phase::kChecking, Phase::kFlashing, Phase::kRunning,
                            Phase::kRecovering, Phase::kResetting}) {
    const Decision revoked = Decide(At(phase), Event::kRevoked);
    EXPECT_FALSE(revoked.state.has_job) << PhaseName(phase);
    EXPECT_NE(revoked.action, Action::kReportFailure) << "nobody waits for it";
    const Decision expired = Decide(At(phase), Event::kExpired);
    EXPECT_EQ(expired.action, Action::kReportFailure);
    EXPECT_EQ(expired.failure_class, v1::TIMEOUT);
    EXPECT_FALSE(expired.retryable);
    const Decision stopped = Decide(At(phase), Event::kStop);
    EXPECT_EQ(stopped.action, Action::kReportFailure);
    EXPECT_TRUE(stopped.retryable);
    EXPECT_EQ(Decide(stopped.state, Event::kDone).action, Action::kExit);
  }
  EXPECT_EQ(Decide(At(Phase::kRunning), Event::kRevoked).action, Action::kReset)
      << "it may be in the middle of an inference";
}

TEST(SupervisorState, EveryEventInEveryPhaseHasAnAnswer) {
  for (int p = 0; p <= static_cast<int>(Phase::kStopped); ++p) {
    for (const Event event : kAllEvents) {
      for (const bool has_job : {false, true}) {
        const auto phase = static_cast<Phase>(p);
        const Decision d = Decide(At(phase, has_job), event);
        EXPECT_TRUE(d.action == ActionOf(d.state) ||
                    d.action == Action::kReportOk ||
                    d.action == Action::kReportFailure)
            << PhaseName(phase) << " " << EventName(event);
        if (d.action == Action::kReportFailure) {
          EXPECT_NE(d.failure_class, v1::FAILURE_CLASS_UNSPECIFIED);
        }
      }
    }
  }
}

// No sequence of bad luck keeps a job for ever: from anywhere, every path ends
// in a report, a drop or the idle state within a bounded number of steps.
int LongestJob(const Decision& d, int depth) {
  if (!d.state.has_job || depth > 60) {
    return depth;
  }
  int longest = depth;
  for (const Event event : {Event::kSilent, Event::kReset, Event::kPortLost,
                            Event::kDataLoss, Event::kImageDiffers}) {
    // Bad luck in checking and running only; recoveries succeed at once.
    const bool works =
        d.action == Action::kReset || d.action == Action::kConnect ||
        d.action == Action::kCollectFault || d.action == Action::kFlash;
    longest = std::max(
        longest,
        LongestJob(Decide(d.state, works ? Event::kDone : event), depth + 1));
    if (works) {
      break;
    }
  }
  return longest;
}

TEST(SupervisorState, BadLuckIsBounded) {
  EXPECT_LE(LongestJob({At(Phase::kChecking), Action::kCheckImage}, 0), 40);
}

}  // namespace
}  // namespace tinyrig::agent
