#include "agent/job/blob_cache.h"

#include <algorithm>
#include <system_error>

#include "base/file.h"
#include "base/log.h"
#include "base/sha256.h"

namespace tinyrig::agent {

namespace fs = std::filesystem;

absl::StatusOr<std::vector<uint8_t>> BlobCache::Get(
    const std::string& sha256, const std::function<bool()>& cancelled) {
  if (!base::IsSha256Hex(sha256)) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", sha256, "' is not a sha256"));
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    auto bytes = base::ReadFile(folder_ / sha256);
    if (bytes.ok() && base::Sha256Hex(*bytes) == sha256) {
      std::error_code ignored;
      fs::last_write_time(folder_ / sha256, fs::file_time_type::clock::now(),
                          ignored);
      return bytes;
    }
  }
  ASSIGN_OR_RETURN(auto bytes, source_->Fetch(sha256, cancelled));
  if (const auto got = base::Sha256Hex(bytes); got != sha256) {
    return absl::DataLossError(
        absl::StrCat("fetched blob hashes to ", got, ", wanted ", sha256));
  }
  Store(sha256, bytes);
  return bytes;
}

void BlobCache::Store(const std::string& sha256,
                      const std::vector<uint8_t>& bytes) {
  if (static_cast<int64_t>(bytes.size()) > limit_bytes_) {
    return;
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  std::error_code ignored;
  fs::create_directories(folder_, ignored);
  if (const auto stored = base::WriteFileAtomic(folder_ / sha256, bytes);
      !stored.ok()) {
    LOG_WARNING("agent", "blob not cached: {}", std::string(stored.message()));
  }
  Trim();
}

void BlobCache::Trim() {
  struct Entry {
    fs::path path;
    int64_t bytes = 0;
    fs::file_time_type used;
  };
  std::vector<Entry> entries;
  int64_t sum = 0;
  std::error_code error;
  for (const auto& file : fs::directory_iterator(folder_, error)) {
    const auto bytes = static_cast<int64_t>(file.file_size(error));
    const auto used = file.last_write_time(error);
    if (!error) {
      entries.push_back({file.path(), bytes, used});
      sum += bytes;
    }
  }
  std::ranges::sort(entries, {}, &Entry::used);
  for (const Entry& entry : entries) {
    if (sum <= limit_bytes_) {
      return;
    }
    fs::remove(entry.path, error);
    sum -= entry.bytes;
  }
}

}  // namespace tinyrig::agent
