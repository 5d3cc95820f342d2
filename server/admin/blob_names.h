// Which blobs the database names, and by what.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "base/status.h"
#include "server/store/sqlite.h"

namespace tinyrig::server {

/// What will be gone when the names are asked for (a dry run's deletions).
struct Leaving {
  std::unordered_set<int64_t> runs, jobs;
  /// Compile cache entries made before this go, unless a job that stays names
  /// their artifact. Microseconds since the Unix epoch; 0: none goes.
  int64_t cache_before_us = 0;
};

struct BlobName {
  std::string by;  ///< "the model of j-12"
  /// The lab works without it: it can be made again, or was never uploaded.
  bool spare = false;
};

using BlobNames = std::unordered_map<std::string, BlobName>;

/// By sha256. Reads every job once.
absl::StatusOr<BlobNames> NamedBlobs(Database& database,
                                     const Leaving& leaving = {});

struct BlobRow {
  int64_t size_bytes = 0;
  int64_t create_us = 0;
};

/// The rows of the table blobs by sha256.
absl::StatusOr<std::unordered_map<std::string, BlobRow>> BlobRows(
    Database& database);

}  // namespace tinyrig::server
