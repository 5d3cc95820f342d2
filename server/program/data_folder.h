// The folder that one server owns: tinyrig.db, blobs/, scratch/, lock.
#pragma once

#include <filesystem>

#include "base/status.h"
#include "base/unique_fd.h"

namespace tinyrig::server {

class DataFolder {
 public:
  /// Makes the folder, takes its lock and completes a restore that was killed
  /// (admin/restore.h). FAILED_PRECONDITION: another server
  /// has it.
  static absl::StatusOr<DataFolder> Open(const std::filesystem::path& path);

  /// The lock alone, and nothing else of Open.
  static absl::StatusOr<base::UniqueFd> Lock(const std::filesystem::path& path);

  /// $XDG_DATA_HOME/tinyrig, else ~/.local/share/tinyrig.
  static std::filesystem::path Default();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path database() const {
    return path_ / "tinyrig.db";
  }
  [[nodiscard]] std::filesystem::path blobs() const { return path_ / "blobs"; }
  [[nodiscard]] std::filesystem::path scratch() const {
    return path_ / "scratch";
  }
  /// The server before did not get to MarkClean.
  [[nodiscard]] bool was_unclean() const { return unclean_; }
  void MarkClean() const;

 private:
  std::filesystem::path path_;
  base::UniqueFd lock_;
  bool unclean_ = false;
};

}  // namespace tinyrig::server
