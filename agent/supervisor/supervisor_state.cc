#include "agent/supervisor/supervisor_state.h"

#include <iterator>

namespace tinyrig::agent {
namespace {

using State = SupervisorState;

Decision Go(State state, Phase phase) {
  state.phase = phase;
  return {state, ActionOf(state)};
}

// The job ends here, without a result.
Decision Fail(State state, v1::FailureClass failure_class, bool retryable,
              Phase after) {
  state.phase = Phase::kReporting;
  state.has_job = false;
  state.after_report = after;
  return {state, Action::kReportFailure, failure_class, retryable};
}

State WithoutJob(State state) {
  State fresh;
  fresh.phase = state.phase;
  fresh.blank = state.blank;
  return fresh;
}

// Whether the board may be in the middle of something for the job.
bool TouchesBoard(Phase phase) {
  return phase == Phase::kChecking || phase == Phase::kFlashing ||
         phase == Phase::kRunning || phase == Phase::kRecovering ||
         phase == Phase::kResetting;
}

// What happens to any job in any phase.
Decision End(const State& state, Event event) {
  const Phase after =
      TouchesBoard(state.phase) ? Phase::kResetting : Phase::kIdle;
  const bool connecting = state.phase == Phase::kConnecting;
  switch (event) {
    case Event::kRevoked:
      return Go(WithoutJob(state), connecting ? Phase::kConnecting : after);
    case Event::kExpired:
      return Fail(state, v1::TIMEOUT, false,
                  connecting ? Phase::kConnecting : after);
    default:
      return Fail(state, v1::LAB, true, Phase::kStopped);
  }
}

// Trouble with the board in the middle of a job: three times it goes on where
// it was, then the job ends.
Decision Recover(State state, Event event) {
  state.device_fault = event == Event::kFault;
  if (state.recoveries >= kMaxRecoveries) {
    // A fault is the image's own and comes again anywhere; silence and resets
    // without a fault speak against this board.
    const bool own = event == Event::kFault;
    return Fail(
        state, v1::BOARD, !own,
        event == Event::kReset || own ? Phase::kResetting : Phase::kFaulty);
  }
  ++state.recoveries;
  if (state.phase == Phase::kRunning && state.stage < Stage::kDataset) {
    state.stage = Stage::kLatency;  // figures of one boot belong together
  }
  switch (event) {
    case Event::kPortLost:
      return Go(state, Phase::kConnecting);
    case Event::kSilent:
      return Go(state, Phase::kResetting);
    default:
      return Go(state, Phase::kRecovering);
  }
}

Decision Connecting(const State& state, Event event) {
  if (event == Event::kDone) {
    return Go(state, state.has_job ? Phase::kChecking : Phase::kProbing);
  }
  return state.has_job ? Fail(state, v1::BOARD, true, Phase::kFaulty)
                       : Go(state, Phase::kFaulty);
}

Decision Probing(State state, Event event) {
  switch (event) {
    case Event::kDone:
      state.blank = state.phase == Phase::kProbingLoader;
      return Go(state, Phase::kIdle);
    case Event::kPortLost:
      return Go(state, Phase::kFaulty);
    default:
      return Go(state, state.phase == Phase::kProbing ? Phase::kProbingLoader
                                                      : Phase::kFaulty);
  }
}

Decision Fetching(const State& state, Event event) {
  switch (event) {
    case Event::kDone:
      return Go(state, Phase::kChecking);
    case Event::kRefused:
      return Fail(state, v1::MODEL, false, Phase::kIdle);
    case Event::kDataLoss:
      return Fail(state, v1::LAB, false, Phase::kIdle);
    default:
      return Fail(state, v1::LAB, true, Phase::kIdle);
  }
}

Decision Flash(State state) {
  if (state.flashes >= kMaxFlashes) {
    return Fail(state, v1::BOARD, true, Phase::kFaulty);
  }
  ++state.flashes;
  return Go(state, Phase::kFlashing);
}

Decision Checking(State state, Event event) {
  switch (event) {
    case Event::kDone:
      state.blank = false;
      state.silent_checks = 0;
      return Go(state, Phase::kRunning);
    case Event::kImageDiffers:
      return Flash(state);
    case Event::kSilent:
      // A blank board never answers; else one reset before flashing.
      if (state.blank || state.silent_checks > 0) {
        state.silent_checks = 0;
        return Flash(state);
      }
      ++state.silent_checks;
      return Go(state, Phase::kResetting);
    case Event::kRefused:
      return Fail(state, v1::BOARD, true, Phase::kIdle);
    case Event::kBug:  // old or strange firmware: replace it
      return Flash(state);
    default:
      return Recover(state, event);
  }
}

Decision Flashing(State state, Event event) {
  switch (event) {
    case Event::kDone:
      state.blank = false;
      return Go(state, Phase::kChecking);
    case Event::kRefused:
      return Fail(state, v1::BOARD, true, Phase::kFaulty);
    case Event::kPortLost:
      state.blank = true;
      return Recover(state, event);
    default:
      state.blank = true;
      return Flash(state);
  }
}

Decision Running(State state, Event event) {
  switch (event) {
    case Event::kDone:
      state.stage = NextStage(state.stage, state.has_dataset);
      if (state.stage == Stage::kDone) {
        state.phase = Phase::kReporting;
        state.has_job = false;
        state.after_report = Phase::kIdle;
        return {state, Action::kReportOk};
      }
      return Go(state, Phase::kRunning);
    case Event::kRefused:
      return Fail(state, v1::MODEL, false, Phase::kResetting);
    case Event::kBug:
      return Fail(state, v1::INTERNAL, false, Phase::kResetting);
    case Event::kLabTrouble:
      return Fail(state, v1::LAB, true, Phase::kResetting);
    default:
      return Recover(state, event);
  }
}

Decision Recovering(const State& state, Event event) {
  switch (event) {
    case Event::kDone:
      return Go(state, Phase::kChecking);
    case Event::kPortLost:
      return Go(state, Phase::kConnecting);
    default:
      return Go(state, Phase::kResetting);
  }
}

Decision Resetting(const State& state, Event event) {
  if (event == Event::kDone) {
    return Go(state, state.has_job ? Phase::kChecking : Phase::kProbing);
  }
  if (event == Event::kPortLost) {  // the virtual board is being restarted
    return Go(state, Phase::kConnecting);
  }
  return state.has_job ? Fail(state, v1::BOARD, true, Phase::kFaulty)
                       : Go(state, Phase::kProbing);
}

}  // namespace

Stage NextStage(Stage stage, bool has_dataset) {
  switch (stage) {
    case Stage::kLatency:
      return Stage::kProfile;
    case Stage::kProfile:
      return Stage::kMemory;
    case Stage::kMemory:
      return has_dataset ? Stage::kDataset : Stage::kDone;
    default:
      return Stage::kDone;
  }
}

Action ActionOf(const SupervisorState& state) {
  switch (state.phase) {
    case Phase::kConnecting:
      return Action::kConnect;
    case Phase::kProbing:
      return Action::kHello;
    case Phase::kProbingLoader:
      return Action::kIdentify;
    case Phase::kIdle:
      return Action::kWait;
    case Phase::kFaulty:
      return Action::kWaitFaulty;
    case Phase::kFetching:
      return Action::kFetch;
    case Phase::kChecking:
      return Action::kCheckImage;
    case Phase::kFlashing:
      return Action::kFlash;
    case Phase::kRunning:
      return Action::kRunStage;
    case Phase::kRecovering:
      return Action::kCollectFault;
    case Phase::kResetting:
      return Action::kReset;
    case Phase::kReporting:
      return Action::kReportFailure;
    case Phase::kStopped:
      return Action::kExit;
  }
  return Action::kExit;
}

Decision Decide(const SupervisorState& state, Event event) {
  if (state.phase == Phase::kReporting) {
    return Go(WithoutJob(state),
              event == Event::kStop ? Phase::kStopped : state.after_report);
  }
  if (state.has_job && (event == Event::kRevoked || event == Event::kExpired ||
                        event == Event::kStop)) {
    return End(state, event);
  }
  if (event == Event::kStop) {
    return Go(state, Phase::kStopped);
  }
  switch (state.phase) {
    case Phase::kConnecting:
      return Connecting(state, event);
    case Phase::kProbing:
    case Phase::kProbingLoader:
      return Probing(state, event);
    case Phase::kIdle: {
      if (event != Event::kLease) {
        return Go(state, event == Event::kPortLost ? Phase::kConnecting
                                                   : Phase::kIdle);
      }
      State next = WithoutJob(state);
      next.has_job = true;
      next.has_dataset = state.has_dataset;
      return Go(next, Phase::kFetching);
    }
    case Phase::kFaulty:
      return Go(state,
                event == Event::kTimer ? Phase::kConnecting : Phase::kFaulty);
    case Phase::kFetching:
      return Fetching(state, event);
    case Phase::kChecking:
      return Checking(state, event);
    case Phase::kFlashing:
      return Flashing(state, event);
    case Phase::kRunning:
      return Running(state, event);
    case Phase::kRecovering:
      return Recovering(state, event);
    case Phase::kResetting:
      return Resetting(state, event);
    default:
      return Go(state, Phase::kStopped);
  }
}

std::string_view PhaseName(Phase phase) {
  constexpr std::string_view kNames[] = {
      "connecting", "probing",   "probing loader", "idle",    "faulty",
      "fetching",   "checking",  "flashing",       "running", "recovering",
      "resetting",  "reporting", "stopped"};
  const auto index = static_cast<size_t>(phase);
  return index < std::size(kNames) ? kNames[index] : "?";
}

std::string_view EventName(Event event) {
  constexpr std::string_view kNames[] = {
      "done",      "silent",    "image differs", "reset",       "fault",
      "port lost", "data loss", "refused",       "lab trouble", "bug",
      "lease",     "timer",     "revoked",       "expired",     "stop"};
  const auto index = static_cast<size_t>(event);
  return index < std::size(kNames) ? kNames[index] : "?";
}

}  // namespace tinyrig::agent
