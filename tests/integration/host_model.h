// A lowered model, compiled by the host's g++ and run on inputs.
#pragma once

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "engine/emit/lower.h"

namespace tinyrig::tests {

/// Outputs of each sample, all output tensors concatenated; `samples` likewise.
/// `sanitize` compiles with ASan and UBSan, so that a kernel that reads or
/// writes outside its buffers fails.
absl::StatusOr<std::vector<std::vector<uint8_t>>> RunOnHost(
    const engine::emit::Lowered& lowered,
    const std::vector<std::vector<uint8_t>>& samples, bool sanitize);

}  // namespace tinyrig::tests
