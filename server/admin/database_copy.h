// One moment of a live database as a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "base/status.h"

namespace tinyrig::server {

/// Copies with SQLite's backup API, a few hundred pages at a time, out of one
/// read transaction: writers go on and the copy never starts over. The file is
/// synced. `tick` gets pages done, pages in all and the bytes of a page; false
/// stops with CANCELLED. RESOURCE_EXHAUSTED: the disk is full.
absl::Status CopyDatabase(
    const std::filesystem::path& from, const std::filesystem::path& to,
    const std::function<absl::Status(int64_t done, int64_t total,
                                     int64_t page_bytes)>& tick);

}  // namespace tinyrig::server
