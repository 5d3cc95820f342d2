// What a folder must hold to be a backup:
//   TINYRIG-BACKUP        marks the folder as ours; its lock
//   manifest.json         written last: what it names is whole
//   tinyrig-<time>.db     the database that the manifest names
//   blobs/ab/cdef...      every blob that the database names
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/status.h"

namespace tinyrig::server {

inline constexpr char kBackupMarker[] = "TINYRIG-BACKUP";
inline constexpr char kManifestFile[] = "manifest.json";
inline constexpr int64_t kBackupFormat = 1;

struct BackupManifest {
  int64_t format_version = kBackupFormat;
  int64_t schema_version = 0;
  std::string server_id, server_version;
  std::string create_time;  ///< RFC 3339
  std::string database;     ///< file name in the folder
  std::string database_sha256;
  int64_t database_bytes = 0;
  int64_t run_count = 0, job_count = 0, blob_count = 0, blob_bytes = 0;
  /// Blobs that the lab itself had lost when the backup was made.
  int64_t missing_blob_count = 0;
};

/// By rename: a reader sees the old one or the new one.
absl::Status WriteManifest(const std::filesystem::path& folder,
                           const BackupManifest& manifest);

/// NOT_FOUND: no finished backup there. INVALID_ARGUMENT: the manifest is
/// none. FAILED_PRECONDITION: of a newer program.
absl::StatusOr<BackupManifest> ReadManifest(
    const std::filesystem::path& folder);

}  // namespace tinyrig::server
