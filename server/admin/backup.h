// An online backup into a folder (manifest.h says what lies there). The copy of
// the database is one snapshot; writers never wait for it. The older backup in
// the folder is whole until the new manifest takes its place.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "base/unique_fd.h"
#include "server/admin/manifest.h"
#include "server/store/sqlite.h"
#include "tinyrig/v1/admin_service.pb.h"

namespace tinyrig::server {

/// False: the caller has gone.
using ProgressSink = std::function<bool(const v1::BackupProgress&)>;

struct BackupSource {
  std::filesystem::path database;  ///< in the data folder
  std::filesystem::path blobs;     ///< no blob is removed while it is read
  int64_t reserve_bytes = 0;       ///< of the lab's disk
  std::string server_version;
  const base::Clock& clock;
};

/// One backup, by one thread; the sink is called there too.
class BackupJob {
 public:
  BackupJob(BackupSource source, std::filesystem::path folder,
            ProgressSink sink)
      : source_(std::move(source)),
        folder_(std::move(folder)),
        sink_(std::move(sink)) {}

  /// Errors as admin_service.proto says. DATA_LOSS: the backup is written and
  /// whole but for blobs that the lab itself has lost.
  absl::Status Run();

 private:
  absl::Status CheckFolder();
  absl::Status TakeFolder();
  absl::Status Write();
  absl::Status CopyDatabase();
  absl::Status Verify(Database& copy);
  absl::Status CopyBlobs(Database& copy);
  absl::Status TakeBlob(const std::string& sha256, bool spare);
  absl::Status Finish();
  void Prune();
  void CleanUp();
  bool Show(const char* step, int64_t more_bytes);
  [[nodiscard]] std::filesystem::path Incoming() const {
    return folder_ / "incoming.db";
  }
  [[nodiscard]] absl::Status CheckRoom(int64_t bytes) const;

  BackupSource source_;
  std::filesystem::path folder_;
  ProgressSink sink_;
  base::UniqueFd lock_;
  bool made_folder_ = false, made_marker_ = false;
  BackupManifest manifest_;
  v1::BackupProgress progress_;
  int64_t shown_us_ = 0;
  std::vector<std::filesystem::path> copied_;  ///< blobs, by this backup
  std::set<std::string> kept_;                 ///< blobs of this backup
};

}  // namespace tinyrig::server
