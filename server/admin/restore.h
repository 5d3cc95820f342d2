// A backup put back into a data folder that no server runs on. Kill-safe:
//   restore-incoming/   the new data while it is copied and checked
//   restore-pending     written at once when that is done: from here on the
//                       new data counts, and whoever opens the folder next
//                       moves what is left to be moved
//   before-restore-<time>/   the old data; never deleted by us
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "server/admin/manifest.h"

namespace tinyrig::server {

struct RestoreOptions {
  std::filesystem::path backup;
  std::filesystem::path data;
  /// Takes a folder that holds data already, and moves that aside.
  bool force = false;
  /// Told what goes on: the step, bytes done, bytes in all.
  std::function<void(const std::string& step, int64_t done, int64_t total)> say;
};

struct RestoreReport {
  BackupManifest manifest;
  std::filesystem::path moved_to;  ///< of the old data; empty: there was none
};

/// The caller holds the data folder's lock. NOT_FOUND: no finished backup.
/// FAILED_PRECONDITION: `data` holds data and force is not set, or the backup
/// is of a newer program. DATA_LOSS: the backup is damaged (nothing is
/// changed). RESOURCE_EXHAUSTED: the disk is too small (nothing is changed).
absl::StatusOr<RestoreReport> RestoreBackup(const RestoreOptions& options,
                                            const base::Clock& clock);

/// Ends a restore that was killed: completes it, or removes half a copy. Does
/// nothing elsewhere. The caller holds the folder's lock.
absl::Status FinishRestore(const std::filesystem::path& data);

}  // namespace tinyrig::server
