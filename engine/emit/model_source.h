// The generated source of one model: model.cc (shapes, kernels, layers, the
// tinyrig_model of proto/abi/model.h), data.S (pulls in weights.bin and
// tables.bin, so that compiling stays fast whatever the weights weigh).
//
// Sections, for the size split:
//   .rodata.tinyrig.weights  .rodata.tinyrig.tables  .rodata.tinyrig.model
//   .text.tinyrig.kernel.*   .text.tinyrig.model.*   .bss.tinyrig.arena
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/status.h"
#include "engine/emit/lower.h"

namespace tinyrig::engine::emit {

struct ModelSource {
  std::string model_cc;
  std::string data_s;
  std::vector<uint8_t> weights;  ///< weights.bin
  std::vector<uint8_t> tables;   ///< tables.bin
};

/// Deterministic: a function of the model and nothing else.
ModelSource WriteModelSource(const Lowered& lowered);

/// The four files in `folder`. Errors: those of base::WriteFileAtomic.
absl::Status SaveModelSource(const ModelSource& source,
                             const std::filesystem::path& folder);

}  // namespace tinyrig::engine::emit
