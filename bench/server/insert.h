// How long the end of a job takes to be stored: 1000 samples, 100 layers.
#pragma once

#include <filesystem>

#include "base/status.h"
#include "bench/server/table.h"

namespace tinyrig::bench {

/// Through the server's own store, in this process, on `data`/tinyrig.db.
absl::Status BenchInsert(const std::filesystem::path& data, int count,
                         Table& table);

}  // namespace tinyrig::bench
