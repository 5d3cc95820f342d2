// Models, artifacts and datasets as files named by their SHA-256:
// <folder>/ab/cdef... A blob is whole or not there: it is written to
// <folder>/incoming/, synced, checked and renamed. Thread-safe.
//
// A blob that nothing names is removed one day (server/admin). Whoever looks
// whether a blob is there and then stores its name holds Hold() meanwhile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace tinyrig::server {

struct BlobLimits {
  int64_t max_blob_bytes = 64LL << 20;
  /// Kept free on the disk, so that running jobs can still store results.
  int64_t reserve_bytes = 64LL << 20;
};

/// One upload under way; goes without a trace unless committed.
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;
  /// RESOURCE_EXHAUSTED: the disk is full. DATA_LOSS: more than announced.
  virtual absl::Status Append(std::string_view chunk) = 0;
  /// DATA_LOSS: the size or the hash is not the announced one.
  virtual absl::Status Commit() = 0;
};

/// A blob file as a listing finds it.
struct BlobFile {
  std::string sha256;
  int64_t size_bytes = 0;
  int64_t modify_us = 0;  ///< since the Unix epoch
};

/// <folder>/ab/cdef...
std::filesystem::path BlobPath(const std::filesystem::path& folder,
                               const std::string& sha256);

/// Every blob file below `folder`, in no order; other files are passed over.
/// A missing folder has none. UNAVAILABLE: it cannot be read.
absl::Status ListBlobs(const std::filesystem::path& folder,
                       const std::function<void(const BlobFile&)>& visit);

class BlobStore {
 public:
  /// Makes the folders and removes what a killed process left behind.
  static absl::StatusOr<BlobStore> Open(std::filesystem::path folder,
                                        const BlobLimits& limits);

  /// `sha256`: 64 lower-case hex digits (checked). INVALID_ARGUMENT: it is
  /// none, or a negative size; RESOURCE_EXHAUSTED: too large, or disk full.
  absl::StatusOr<std::unique_ptr<BlobWriter>> Begin(const std::string& sha256,
                                                    int64_t size_bytes);

  /// Stores bytes that are in memory; their sha256.
  absl::StatusOr<std::string> Put(std::string_view bytes);

  /// NOT_FOUND: not there, or no sha256 at all.
  absl::StatusOr<std::filesystem::path> Find(const std::string& sha256) const;
  absl::StatusOr<std::string> Read(const std::string& sha256) const;

  /// While one is held, no blob is removed. Not to be taken by a thread that
  /// holds the lab's state.
  [[nodiscard]] std::shared_lock<std::shared_mutex> Hold() const {
    return std::shared_lock(*removal_);
  }
  /// For whoever removes blobs: nobody else holds it then. Milliseconds.
  [[nodiscard]] std::unique_lock<std::shared_mutex> HoldAlone() const {
    return std::unique_lock(*removal_);
  }
  /// Under HoldAlone(). The bytes freed; 0 when it was not there.
  absl::StatusOr<int64_t> Remove(const std::string& sha256);

  /// RESOURCE_EXHAUSTED when writing `bytes` would eat into the reserve.
  absl::Status CheckRoom(int64_t bytes) const;

  [[nodiscard]] const BlobLimits& limits() const { return limits_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  BlobStore(std::filesystem::path folder, const BlobLimits& limits)
      : folder_(std::move(folder)), limits_(limits) {}

  std::filesystem::path folder_;
  BlobLimits limits_;
  std::unique_ptr<std::shared_mutex> removal_ =
      std::make_unique<std::shared_mutex>();
};

}  // namespace tinyrig::server
