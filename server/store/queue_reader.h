// What positions and expected starts of a queue are worked out from: plain
// reads, one at a time, that hold up no writer of the store.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "server/queue/scheduler.h"

namespace tinyrig::server {

/// A job that waits; its artifact and where it failed are left out.
struct WaitingJob {
  QueuedJob job;
  std::string model_sha256;
};

/// A live lease.
struct RunningJob {
  std::string board_name, submitter;
  std::string board_id;  ///< kind
  std::string model_sha256;
  int64_t start_us = 0;  ///< microseconds since the Unix epoch
};

/// How long a finished run held its board.
struct BoardUse {
  std::string model_sha256;
  int64_t used_us = 0;
};

/// One thread at a time. Errors: store.h.
struct QueueReader {
  virtual ~QueueReader() = default;
  /// Another number whenever anything stored has changed since.
  virtual absl::StatusOr<int64_t> Version() = 0;
  /// Of QUEUED jobs, ascending.
  virtual absl::StatusOr<std::vector<int64_t>> QueuedIds() = 0;
  /// Of a job in any state; NOT_FOUND.
  virtual absl::StatusOr<WaitingJob> ReadJob(int64_t id) = 0;
  virtual absl::StatusOr<std::vector<RunningJob>> Running() = 0;
  /// Leases by submitter that started at or after `since_us` (Unix epoch).
  virtual absl::StatusOr<std::map<std::string, int>> LeasesSince(
      int64_t since_us) = 0;
  /// Of the newest runs on this kind of board, newest first.
  virtual absl::StatusOr<std::vector<BoardUse>> RecentUse(
      const std::string& board_id, int limit) = 0;
  /// All boards that were ever here: kind by name.
  virtual absl::StatusOr<std::map<std::string, std::string>> BoardKinds() = 0;
};

}  // namespace tinyrig::server
