#include "server/compile/model_cache.h"

#include <algorithm>

#include "proto/file/artifact.h"

namespace tinyrig::server {

absl::StatusOr<std::shared_ptr<const v1::CompiledModel>> ModelCache::Get(
    const std::string& artifact_sha256) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(
      entries_.begin(), entries_.end(),
      [&](const Entry& entry) { return entry.first == artifact_sha256; });
  if (found != entries_.end()) {
    entries_.splice(entries_.begin(), entries_, found);
    return entries_.front().second;
  }
  ASSIGN_OR_RETURN(const std::string bytes, blobs_.Read(artifact_sha256));
  ASSIGN_OR_RETURN(v1::CompiledModel model, file::ParseArtifact(bytes));
  model.clear_image();
  entries_.emplace_front(
      artifact_sha256,
      std::make_shared<const v1::CompiledModel>(std::move(model)));
  if (entries_.size() > kMaxEntries) {
    entries_.pop_back();
  }
  return entries_.front().second;
}

}  // namespace tinyrig::server
