// What the running server knows beyond its store: who is attached, which
// leases are live, what goes on right now. One mutex guards all of it, and is
// held across the store's writes, so that memory and database change together.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "server/blob/blob_store.h"
#include "server/compile/builder.h"
#include "server/compile/model_cache.h"
#include "server/lab/bell.h"
#include "server/queue/verdict.h"
#include "server/store/store.h"
#include "tinyrig/v1/agent_service.pb.h"

namespace tinyrig::server {

struct LabOptions {
  std::string server_version = "0.1.0";
  int32_t heartbeat_ms = 2000;
  int32_t lease_timeout_ms = 10'000;
  /// Silence after which another instance may take an agent's place.
  int32_t takeover_ms = 15'000;
  /// After a lease a board waits for its agent to say IDLE; if it says nothing
  /// at all, for so long.
  int32_t board_grace_ms = 5000;
  /// How long a cancelled job waits for its agent to let go.
  int32_t cancel_grace_ms = 5000;
  int64_t max_queue = 10'000;
  int compile_jobs = 2;
  int64_t compile_timeout_ms = 600'000;
  AttemptLimits attempts;
};

/// The way back to an attached agent. Send never blocks.
class AgentLink {
 public:
  virtual ~AgentLink() = default;
  virtual void Send(const v1::ServerMessage& message) = 0;
  virtual void Close(const absl::Status& why) = 0;
};

/// A board of an attached agent.
struct LiveBoard {
  v1::Board::State state = v1::Board::IDLE;  ///< as its agent said last
  /// A lease was sent and the agent has said nothing of the board since.
  bool leased = false;
  int64_t freed_us = 0;  ///< when the last lease here ended; monotonic
};

struct Session {
  uint64_t stream = 0;
  std::string instance_id;
  AgentLink* link = nullptr;
  int64_t seen_us = 0;                      ///< monotonic
  std::map<std::string, LiveBoard> boards;  ///< by name in the lab
};

/// A live lease; times are monotonic microseconds.
struct LiveLease {
  int64_t job_id = 0;
  int64_t fence = 0;
  std::string agent_id, board_name;
  std::string artifact_sha256, dataset_sha256;
  v1::Job::State stage = v1::Job::FLASHING;
  int64_t seen_us = 0;  ///< when its agent was last heard
  int64_t deadline_us = 0;
  int64_t cancel_deadline_us = 0;
};

struct LiveProgress {
  v1::Progress progress;
  int64_t bump = 0;  ///< changes since the job's row last changed
};

/// Data about a kind of board; nullopt for an unknown one.
struct BoardCatalog {
  std::function<std::optional<v1::BoardKind>(const std::string&)> find;
  std::vector<std::string> ids;
};

class QueueView;

struct Lab {
  Store& store;
  BlobStore& blobs;
  Builder& builder;
  const base::Clock& clock;
  BoardCatalog boards;
  LabOptions options;

  Bell bell;
  ModelCache models{blobs};
  QueueView* queue = nullptr;  ///< null: positions are not known
  std::function<void()> wake_dispatcher = [] {};
  std::function<void(int64_t)> cancel_compile = [](int64_t) {};

  std::mutex mutex;  ///< guards what follows
  std::map<std::string, Session> sessions;
  std::map<int64_t, LiveLease> leases;  ///< by job
  std::map<int64_t, LiveProgress> progress;
  std::map<std::string, std::string> board_artifacts;  ///< what was run last
  uint64_t next_stream = 1;
};

}  // namespace tinyrig::server
