#include "client/artifact_file.h"

#include <algorithm>
#include <string_view>

namespace tinyrig::client {
namespace {
constexpr std::string_view kMagic = "TINYRIG1";
}  // namespace

bool LooksLikeArtifact(std::span<const uint8_t> bytes) {
  return bytes.size() >= kMagic.size() &&
         std::equal(kMagic.begin(), kMagic.end(), bytes.begin());
}

std::vector<uint8_t> EncodeArtifact(const v1::CompiledModel& model) {
  std::vector<uint8_t> bytes(kMagic.begin(), kMagic.end());
  const std::string body = model.SerializeAsString();
  bytes.insert(bytes.end(), body.begin(), body.end());
  return bytes;
}

absl::StatusOr<v1::CompiledModel> DecodeArtifact(
    std::span<const uint8_t> bytes) {
  v1::CompiledModel model;
  if (!LooksLikeArtifact(bytes) ||
      !model.ParseFromArray(bytes.data() + kMagic.size(),
                            static_cast<int>(bytes.size() - kMagic.size()))) {
    return absl::DataLossError("no .tinyrig file, or a damaged one");
  }
  return model;
}

}  // namespace tinyrig::client
