// The running server: the parts that all its rooms work with, and one state
// behind one lock. The lock is held across the store's writes, so that memory
// and database change together.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "server/blob/blob_store.h"
#include "server/compile/builder.h"
#include "server/compile/model_cache.h"
#include "server/lab/change_notifier.h"
#include "server/lab/lab_state.h"
#include "server/queue/attempt_outcome.h"
#include "server/store/store.h"
#include "tinyrig/v1/board.pb.h"

namespace tinyrig::server {

/// Flags of tinyrig-server (docs/JOBS.md); none is 0 or less.
struct LabOptions {
  std::string server_version = "0.1.0";  ///< of runs and of GetServerInfo
  int32_t heartbeat_ms = 2000;           ///< agents are told to beat so often
  /// Silence after which an agent's leases are given out again, and its stream
  /// is closed.
  int32_t lease_timeout_ms = 10'000;
  /// Silence after which another instance may take an agent's place.
  int32_t takeover_ms = 15'000;
  /// After a lease a board waits for its agent to say IDLE; if it says nothing
  /// at all, for so long.
  int32_t board_grace_ms = 5000;
  /// How long a cancelled job waits for its agent to let go.
  int32_t cancel_grace_ms = 5000;
  int64_t max_queue = 10'000;  ///< jobs that may wait; more are refused
  int compile_jobs = 2;        ///< compilers at once
  int64_t compile_timeout_ms = 600'000;  ///< of one compiler
  AttemptLimits attempts;
};

/// Data about a kind of board. Pure; thread-safe.
struct BoardCatalog {
  /// nullopt: no such kind.
  std::function<std::optional<v1::BoardKind>(const std::string& board_id)> find;
  std::vector<std::string> ids;  ///< of all kinds, for messages
};

class QueueView;

/// Thread-safe as a whole: each part is, and `state` locks itself. Parts by
/// reference must outlive the lab.
///
/// Order of locks: state, then whatever a part locks inside. Nobody who holds
/// a part's lock asks for the state.
struct Lab {
  Store& store;
  BlobStore& blobs;
  Builder& builder;
  const base::Clock& clock;
  BoardCatalog boards;
  LabOptions options;

  ChangeNotifier changes;
  ModelCache models{blobs};

  // Set before the first request, not changed then.
  QueueView* queue = nullptr;  ///< null: positions are not known
  /// Something happened that may let a job go on. Never blocks.
  std::function<void()> wake_dispatcher = [] {};
  /// Ends the compiler of a job, if there is one. Never blocks.
  std::function<void(int64_t job_id)> cancel_compile = [](int64_t) {};

  base::Guarded<LabState> state;
};

}  // namespace tinyrig::server
