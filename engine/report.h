// What an artifact says of itself: tensors, layers, plan, sizes.
#pragma once

#include <string>

#include "boards/board.h"
#include "engine/emit/lower.h"
#include "engine/image/image.h"
#include "tinyrig/v1/compiled_model.pb.h"

namespace tinyrig::engine {

/// inputs, outputs, layers, plan, macs, input_preserved.
void DescribeModel(const emit::Lowered& lowered, v1::CompiledModel* result);

/// image and its hashes, flash_base, sizes, compiler.
void DescribeImage(const boards::Board& board, const image::BuiltImage& built,
                   v1::CompiledModel* result);

/// The artifact as text for people (`tinyrig-compile --report`).
std::string PrintReport(const v1::CompiledModel& model);

}  // namespace tinyrig::engine
