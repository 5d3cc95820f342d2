// Blobs by sha256 in a folder of bounded size; the longest unused goes first.
// Thread-safe: several boards share one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/status.h"

namespace tinyrig::agent {

/// Where blobs come from: the server.
class BlobSource {
 public:
  virtual ~BlobSource() = default;
  /// \param cancelled asked between chunks
  /// Errors: NOT_FOUND no such blob; UNAVAILABLE the server is away: retry;
  /// CANCELLED.
  virtual absl::StatusOr<std::vector<uint8_t>> Fetch(
      const std::string& sha256, const std::function<bool()>& cancelled) = 0;
};

class BlobCache {
 public:
  /// Makes the folder when it is first needed.
  BlobCache(std::filesystem::path folder, int64_t limit_bytes,
            BlobSource* source)
      : folder_(std::move(folder)),
        limit_bytes_(limit_bytes),
        source_(source) {}

  /// The blob, from the folder or else from the source. A file that does not
  /// hash to its name is fetched again. A full disk only costs the caching.
  /// Errors: those of the source; INVALID_ARGUMENT not a sha256; DATA_LOSS the
  /// source sent other bytes.
  absl::StatusOr<std::vector<uint8_t>> Get(
      const std::string& sha256, const std::function<bool()>& cancelled);

 private:
  void Store(const std::string& sha256, const std::vector<uint8_t>& bytes);
  void Trim();

  std::filesystem::path folder_;
  int64_t limit_bytes_;
  BlobSource* source_;
  std::mutex mutex_;  // the folder
};

}  // namespace tinyrig::agent
