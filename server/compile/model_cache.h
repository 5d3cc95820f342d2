// The last artifacts that were looked at, parsed, without their images.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/status.h"
#include "server/blob/blob_store.h"
#include "tinyrig/v1/compiled_model.pb.h"

namespace tinyrig::server {

/// Thread-safe; `blobs` must outlive it.
class ModelCache {
 public:
  explicit ModelCache(const BlobStore& blobs) : blobs_(blobs) {}
  /// Never null; the image is left out. Errors as in BlobStore::Read and
  /// file::ParseArtifact.
  absl::StatusOr<std::shared_ptr<const v1::CompiledModel>> Get(
      const std::string& artifact_sha256);

 private:
  using Entry =
      std::pair<std::string, std::shared_ptr<const v1::CompiledModel>>;
  static constexpr size_t kMaxEntries = 32;

  const BlobStore& blobs_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // most recently used first
};

}  // namespace tinyrig::server
