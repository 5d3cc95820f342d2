// Files: whole reads, atomic writes, temporary folders. Every error names the
// path and what the system said.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace tinyrig::base {

/// The whole file. Errors: NOT_FOUND no such file; RESOURCE_EXHAUSTED larger
/// than `limit_bytes`; UNAVAILABLE it cannot be read.
absl::StatusOr<std::vector<uint8_t>> ReadFile(const std::filesystem::path& path,
                                              uint64_t limit_bytes = 1ULL
                                                                     << 30);

/// The same as text.
absl::StatusOr<std::string> ReadTextFile(const std::filesystem::path& path,
                                         uint64_t limit_bytes = 1ULL << 26);

/// Writes beside the target, fsyncs, renames: a reader sees the old or the new
/// file, never half of one. Errors: RESOURCE_EXHAUSTED the disk is full;
/// UNAVAILABLE anything else the system refused.
absl::Status WriteFileAtomic(const std::filesystem::path& path,
                             std::span<const uint8_t> bytes);
absl::Status WriteFileAtomic(const std::filesystem::path& path,
                             std::string_view text);

/// What errno says, as a Status with the right code (ENOSPC and EDQUOT are
/// RESOURCE_EXHAUSTED, ENOENT is NOT_FOUND, the rest UNAVAILABLE).
absl::Status ErrnoStatus(int error_number, std::string_view what);

/// A folder of its own under $TMPDIR (or /tmp) that goes with the object.
class TempDir {
 public:
  static absl::StatusOr<TempDir> Create(std::string_view prefix = "tinyrig");
  TempDir(TempDir&& other) noexcept;
  TempDir& operator=(TempDir&& other) noexcept;
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  explicit TempDir(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace tinyrig::base
