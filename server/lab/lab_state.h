// What the running server knows beyond its store: who is attached, which
// leases are live, what goes on right now. Values only.
//
// Only Lab::state hands it out, so a function that takes a LabState& says that
// its caller holds the lab's lock. Times are monotonic microseconds of
// Lab::clock.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/status.h"
#include "tinyrig/v1/agent_service.pb.h"
#include "tinyrig/v1/job.pb.h"

namespace tinyrig::server {

/// The way back to an attached agent. Neither call blocks: both are made with
/// the lab locked.
class AgentStream {
 public:
  virtual ~AgentStream() = default;
  /// In the order of the calls. What cannot be sent any more is dropped.
  virtual void Send(const v1::ServerMessage& message) = 0;
  /// Breaks the stream off; the agent dials again.
  virtual void Close(const absl::Status& why) = 0;
};

/// A board of an attached agent.
struct LiveBoard {
  v1::Board::State state = v1::Board::IDLE;  ///< as its agent said last
  /// A lease was sent and the agent has said nothing of the board since.
  bool leased = false;
  int64_t freed_us = 0;  ///< when the last lease here ended; 0: none has
};

struct AttachedAgent {
  uint64_t stream_number = 0;     ///< of Attach, 1 or more; tells two apart
  std::string instance_id;        ///< of the process, as its hello says
  AgentStream* stream = nullptr;  ///< rpc/ owns it; lives until Detach
  int64_t seen_us = 0;            ///< when it last said anything
  std::map<std::string, LiveBoard> boards;  ///< by name in the lab, "a/b1"
};

/// The attempt of a job that a board has now, as its row in the store says,
/// and what only a clock can tell.
struct LiveLease {
  int64_t job_id = 0;                        ///< number: 12 of "j-12"
  int64_t fence = 0;                         ///< 1 for the first attempt
  std::string agent_id, board_name;          ///< "a", "a/b1"
  std::string artifact_sha256;               ///< what the board runs
  std::string dataset_sha256;                ///< empty: no dataset
  v1::Job::State stage = v1::Job::FLASHING;  ///< FLASHING or RUNNING
  int64_t seen_us = 0;                       ///< when its agent was last heard
  int64_t deadline_us = 0;  ///< when the job's timeout_s is used up
  /// When a cancelled job ends although its agent has not let go; 0: nobody
  /// asked to cancel it.
  int64_t cancel_deadline_us = 0;
};

struct LiveProgress {
  v1::Progress progress;
  int64_t bump = 0;  ///< changes since the job's row last changed
};

struct LabState {
  std::map<std::string, AttachedAgent> agents;  ///< by agent_id
  std::map<int64_t, LiveLease> leases;          ///< by job; one each
  std::map<int64_t, LiveProgress> progress;     ///< by job that has not ended
  /// SHA-256 of the artifact that a board was given last, by board; what is
  /// flashed already need not be flashed again.
  std::map<std::string, std::string> board_artifacts;
  uint64_t next_stream_number = 1;
};

}  // namespace tinyrig::server
