// Real-valued scales to the integers that kernels multiply by, exactly as
// TFLite computes them (double arithmetic, round half away from zero).
#pragma once

#include <vector>

#include "base/status.h"
#include "engine/ir/op.h"
#include "engine/ir/tensor.h"
#include "engine/read/op_reader.h"

namespace tinyrig::engine::read {

/// value = multiplier * 2^(shift - 31), |multiplier| in [2^30, 2^31). A value
/// nearer to 0 than 2^-32 becomes 0, as in TFLite.
/// Errors: INVALID_ARGUMENT 0, not a number, or 2^30 and above (which int32
/// arithmetic cannot carry).
absl::StatusOr<ir::Multiplier> QuantizeMultiplier(double value);

/// The clamp of a fused activation in units of `output` (int8).
/// Errors: UNIMPLEMENTED for anything but NONE, RELU, RELU6.
absl::StatusOr<ir::Clamp> ActivationClamp(fb::Activation activation,
                                          const ir::Tensor& output);

/// One multiplier per output channel, scale_in * scale_weight / scale_out; a
/// per-tensor scale is repeated. `axis` is where per-channel scales must lie.
/// Errors: INVALID_ARGUMENT or UNIMPLEMENTED, without the operator's name.
absl::StatusOr<std::vector<ir::Multiplier>> ChannelMultipliers(
    const ir::Tensor& input, const ir::Tensor& weights,
    const ir::Tensor& output, int axis, int32_t channels);

/// Both tensors have the same scale and zero point.
bool SameQuant(const ir::Tensor& a, const ir::Tensor& b);

}  // namespace tinyrig::engine::read
