// Files copied and hashed in pieces, so that long work can be shown and
// stopped.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "base/status.h"

namespace tinyrig::server {

/// Told of bytes done since the last call; false: stop (CANCELLED).
using Tick = std::function<bool(int64_t bytes)>;

/// SHA-256 of a file as hex. NOT_FOUND; UNAVAILABLE: it cannot be read.
absl::StatusOr<std::string> HashFile(const std::filesystem::path& path,
                                     const Tick& tick);

/// Copies a blob: beside the target first, synced, then renamed. DATA_LOSS:
/// the source does not hash to `sha256` (nothing is stored then).
/// RESOURCE_EXHAUSTED: the disk is full. Makes the target's folder.
absl::Status CopyBlob(const std::filesystem::path& from,
                      const std::filesystem::path& to,
                      const std::string& sha256, const Tick& tick);

/// Copies any file, not by rename; its SHA-256. The copy is synced.
absl::StatusOr<std::string> CopyAndHash(const std::filesystem::path& from,
                                        const std::filesystem::path& to,
                                        const Tick& tick);

/// fsync of a file or a folder.
absl::Status SyncPath(const std::filesystem::path& path);

/// RESOURCE_EXHAUSTED unless the disk of `folder` takes `bytes` more and
/// `reserve_bytes` stay free.
absl::Status CheckDiskRoom(const std::filesystem::path& folder, int64_t bytes,
                           int64_t reserve_bytes);

}  // namespace tinyrig::server
