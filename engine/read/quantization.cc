#include "engine/read/quantization.h"

#include <algorithm>
#include <cmath>

namespace tinyrig::engine::read {

namespace {

/// QuantizeMultiplier without a Status: models have tens of thousands of
/// channels.
bool TryQuantize(double value, ir::Multiplier* result) {
  if (!std::isfinite(value) || value == 0.0) {
    return false;
  }
  int shift = 0;
  const double fraction = std::frexp(value, &shift);  // magnitude 0.5 to 1
  auto fixed = static_cast<int64_t>(std::round(fraction * 2147483648.0));
  if (std::abs(fixed) == int64_t{1} << 31) {
    fixed /= 2;
    ++shift;
  }
  if (shift < -31) {
    *result = {0, 0};
    return true;
  }
  *result = {static_cast<int32_t>(fixed), shift};
  return shift <= 30;
}

}  // namespace

absl::StatusOr<ir::Multiplier> QuantizeMultiplier(double value) {
  ir::Multiplier result;
  if (!TryQuantize(value, &result)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the ratio of its scales is ", value,
                     ", must not be 0 and below 2^30"));
  }
  return result;
}

absl::StatusOr<ir::Clamp> ActivationClamp(fb::Activation activation,
                                          const ir::Tensor& output) {
  const int32_t zero = output.quant.zero_point();
  ir::Clamp clamp;
  switch (activation) {
    case fb::Activation::NONE:
      return clamp;
    case fb::Activation::RELU:
      clamp.min = std::max(clamp.min, zero);
      return clamp;
    case fb::Activation::RELU6: {
      clamp.min = std::max(clamp.min, zero);
      // TFLite divides in float; a tiny scale would overflow an int32.
      const float six = std::round(6.0F / output.quant.scale());
      clamp.max = std::min(clamp.max,
                           zero + static_cast<int32_t>(std::min(six, 1024.0F)));
      return clamp;
    }
    default:
      break;
  }
  const std::string_view name = fb::EnumNameActivation(activation);
  return absl::UnimplementedError(
      absl::StrCat("fused activation ",
                   name.empty() ? std::to_string(static_cast<int>(activation))
                                : std::string(name),
                   " is not supported (NONE, RELU, RELU6 are)"));
}

absl::StatusOr<std::vector<ir::Multiplier>> ChannelMultipliers(
    const ir::Tensor& input, const ir::Tensor& weights,
    const ir::Tensor& output, int axis, int32_t channels) {
  const ir::Quant& quant = weights.quant;
  if (quant.scales.empty()) {
    return absl::InvalidArgumentError("its weights have no scale");
  }
  if (quant.per_channel() &&
      (quant.axis != axis ||
       static_cast<int64_t>(quant.scales.size()) != channels)) {
    return absl::InvalidArgumentError(
        absl::StrCat(quant.scales.size(), " weight scales along axis ",
                     quant.axis, ", needs ", channels, " along ", axis));
  }
  std::vector<ir::Multiplier> all(quant.scales.size());
  for (size_t i = 0; i < all.size(); ++i) {
    const double effective = static_cast<double>(input.quant.scale()) *
                             static_cast<double>(quant.scales[i]) /
                             static_cast<double>(output.quant.scale());
    if (!TryQuantize(effective, &all[i])) {
      return QuantizeMultiplier(effective).status();
    }
  }
  all.resize(static_cast<size_t>(channels), all[0]);
  return all;
}

bool SameQuant(const ir::Tensor& a, const ir::Tensor& b) {
  return a.quant.scale() == b.quant.scale() &&
         a.quant.zero_point() == b.quant.zero_point();
}

}  // namespace tinyrig::engine::read
