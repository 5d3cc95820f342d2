// From CreateJob to the lease: the real server, simulated agents on real
// Attach streams, jobs that need no compiler.
#pragma once

#include <filesystem>
#include <string>

#include "base/status.h"
#include "bench/server/table.h"

namespace tinyrig::bench {

struct DispatchOptions {
  int agents = 100;
  int boards_per_agent = 10;
  int seconds = 10;  ///< of steady load
};

absl::Status BenchDispatch(const std::filesystem::path& data,
                           const DispatchOptions& options, Table& table);

/// Attaches to the server, then waits for ever; its parent stops it with
/// SIGSTOP: an agent that is dead but whose connection stands.
int BeStuckAgent(const std::string& address);

}  // namespace tinyrig::bench
