// .tinyrig files: the 8 bytes "TINYRIG1", then a CompiledModel.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "tinyrig/v1/compiled_model.pb.h"

namespace tinyrig::client {

/// True when the bytes begin as a .tinyrig file does.
bool LooksLikeArtifact(std::span<const uint8_t> bytes);

std::vector<uint8_t> EncodeArtifact(const v1::CompiledModel& model);

/// DATA_LOSS when the bytes are no CompiledModel.
absl::StatusOr<v1::CompiledModel> DecodeArtifact(
    std::span<const uint8_t> bytes);

}  // namespace tinyrig::client
