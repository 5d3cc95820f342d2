// Every question that the dashboard asks, over the HTTP port of the real
// server on a filled database.
#pragma once

#include <filesystem>

#include "base/status.h"
#include "bench/server/fill.h"
#include "bench/server/table.h"

namespace tinyrig::bench {

struct QueryOptions {
  int requests = 200;  ///< of each kind
  int clients = 8;     ///< at once, in the second round
};

absl::Status BenchQueries(const std::filesystem::path& data,
                          const FillOptions& filled,
                          const QueryOptions& options, Table& table);

}  // namespace tinyrig::bench
