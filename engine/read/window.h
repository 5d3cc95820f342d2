// SAME and VALID as explicit pads.
#pragma once

#include "base/status.h"
#include "engine/ir/op.h"
#include "engine/read/op_reader.h"

namespace tinyrig::engine::read {

/// Fills the pads of `window` (filter, stride and dilation are set) and checks
/// the output's height and width against them. SAME puts the odd cell at the
/// bottom and right, as TFLite does.
/// Errors: INVALID_ARGUMENT, named by the operator.
absl::Status ResolvePadding(const OpReader& op, fb::Padding padding, int input,
                            int output, ir::Window* window);

}  // namespace tinyrig::engine::read
