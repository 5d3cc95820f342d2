// Where a job's news go: the link to the server, or a test.
#pragma once

#include <cstdint>
#include <string>

#include "tinyrig/v1/agent_service.pb.h"

namespace tinyrig::agent {

/// Thread-safe. Nothing here waits for the server, but WaitForRoom.
class JobSink {
 public:
  virtual ~JobSink() = default;
  /// Stage and progress; only the newest matters.
  virtual void Update(v1::JobUpdate update) = 0;
  /// Kept and sent again until the server has stored it.
  virtual void Predictions(v1::PredictionBatch batch) = 0;
  virtual void Finished(v1::JobFinished finished) = 0;
  /// A board's new state.
  virtual void BoardChanged(const v1::AgentBoard& board) = 0;
  /// False when so many batches are still unacknowledged that the caller
  /// should not add more; waits up to the time-out for that to change.
  virtual bool WaitForRoom(int64_t timeout_ms) = 0;
};

}  // namespace tinyrig::agent
