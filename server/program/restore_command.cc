#include "server/program/restore_command.h"

#include <iostream>

#include "base/clock.h"
#include "server/admin/restore.h"
#include "server/program/data_folder.h"

namespace tinyrig::server {
namespace {

// Each tenth of a step, on standard error.
void SayRestoring(const std::string& step, int64_t done, int64_t total) {
  static std::string shown;
  const std::string now = absl::StrCat(
      step, total > 0 ? absl::StrCat(" ", done * 10 / total * 10, " %") : "");
  if (now != shown) {
    shown = now;
    std::cerr << "restore: " << now << std::endl;
  }
}

int ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return 0;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
      return 2;
    case absl::StatusCode::kFailedPrecondition:
      return 6;
    default:
      return 4;
  }
}

absl::Status Restore(const Flags& flags) {
  ASSIGN_OR_RETURN(const base::UniqueFd lock, DataFolder::Lock(flags.data));
  ASSIGN_OR_RETURN(const RestoreReport report,
                   RestoreBackup({.backup = flags.restore_from,
                                  .data = flags.data,
                                  .force = flags.force,
                                  .say = SayRestoring},
                                 base::SystemClock()));
  const BackupManifest& manifest = report.manifest;
  std::cout << "restored " << manifest.run_count << " runs, "
            << manifest.job_count << " jobs and " << manifest.blob_count
            << " blobs of " << manifest.create_time << " into " << flags.data
            << std::endl;
  if (!report.moved_to.empty()) {
    std::cout << "the data that was there is in " << report.moved_to.string()
              << std::endl;
  }
  return absl::OkStatus();
}

}  // namespace

int RunRestore(const Flags& flags) {
  const absl::Status status = Restore(flags);
  if (!status.ok()) {
    std::cerr << "tinyrig-server: " << status.message() << "\n";
  }
  return ExitCodeOf(status);
}

}  // namespace tinyrig::server
