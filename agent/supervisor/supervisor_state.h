// What a board's supervisor does next: a pure function of what it knows and
// what has just happened. supervisor.cc carries the actions out.
//
//   kConnecting -> kProbing -> kIdle -> kFetching -> kChecking -> kRunning
//        ^            |          ^          |         ^  |  ^        |
//        |     kProbingLoader    |          |   kFlashing  |        |
//     kFaulty <-------+          |          |     kResetting|kRecovering
//        ^                       |          v                        v
//        +-----------------------+------ kReporting <----------------+
//
// Everywhere: a revoked job is dropped, an expired one reported, a stop ends.
#pragma once

#include <cstdint>
#include <string_view>

#include "tinyrig/v1/common.pb.h"

namespace tinyrig::agent {

enum class Phase {
  kConnecting,
  kProbing,
  kProbingLoader,
  kIdle,
  kFaulty,
  kFetching,
  kChecking,
  kFlashing,
  kRunning,     // a stage
  kRecovering,  // asks for the fault after a reset that nobody ordered
  kResetting,
  kReporting,
  kStopped,
};

/// Stages of kRunning in order.
enum class Stage { kLatency, kProfile, kMemory, kDataset, kDone };

enum class Event {
  kDone,          ///< the action succeeded
  kSilent,        ///< the board did not answer in time
  kImageDiffers,  ///< it carries another image than the job's
  kReset,         ///< it was reset, or lost its state
  kFault,         ///< it reported a fault
  kPortLost,      ///< its port or its control channel is gone
  kDataLoss,      ///< flash does not read back as written
  kRefused,       ///< the job is wrong for this board
  kLabTrouble,    ///< the server or the disk is in the way
  kBug,           ///< the device refused what it must take
  kLease,         ///< a job has come (kIdle only)
  kTimer,         ///< time to look again (kFaulty only)
  kRevoked,       ///< the job is no longer ours
  kExpired,       ///< the job's time is over
  kStop,          ///< the agent ends
};

enum class Action {
  kConnect,
  kHello,
  kIdentify,  ///< through the ROM loader
  kWait,
  kWaitFaulty,
  kFetch,
  kCheckImage,
  kFlash,
  kRunStage,
  kCollectFault,
  kReset,
  kReportOk,
  kReportFailure,
  kExit,
};

constexpr int kMaxRecoveries = 3;  ///< faults, resets, silences of one job
constexpr int kMaxFlashes = 3;     ///< tries of one job

struct SupervisorState {
  Phase phase = Phase::kConnecting;
  Stage stage = Stage::kLatency;
  bool has_job = false;
  bool has_dataset = false;   ///< set before kLease is decided
  bool blank = false;         ///< known to carry no firmware of ours
  bool device_fault = false;  ///< the last trouble was a reported fault
  int recoveries = 0;
  int flashes = 0;
  int silent_checks = 0;
  Phase after_report = Phase::kIdle;
  bool operator==(const SupervisorState&) const = default;
};

struct Decision {
  SupervisorState state;
  Action action = Action::kExit;
  // kReportFailure only.
  v1::FailureClass failure_class = v1::FAILURE_CLASS_UNSPECIFIED;
  bool retryable = false;
};

/// Total: every event in every phase has an answer; what cannot happen in a
/// phase counts as kBug.
Decision Decide(const SupervisorState& state, Event event);

/// The action that a phase stands for (kRunning: its stage).
Action ActionOf(const SupervisorState& state);

/// The stage behind this one; kDataset is left out without a dataset.
Stage NextStage(Stage stage, bool has_dataset);

std::string_view PhaseName(Phase phase);
std::string_view EventName(Event event);

}  // namespace tinyrig::agent
