#include "examples/digits/train/int8_eval.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "examples/digits/train/fixed_point.h"

namespace tinyrig::digits {
namespace {

struct Clamp {
  int32_t low = -128;
  int32_t high = 127;
  [[nodiscard]] int8_t operator()(int32_t x) const {
    return static_cast<int8_t>(std::clamp(x, low, high));
  }
};

Clamp ClampOf(Activation activation, const TensorQuant& quant) {
  Clamp clamp;
  if (activation != Activation::kNone) {
    clamp.low = std::max(clamp.low, quant.zero_point);
  }
  if (activation == Activation::kRelu6) {
    const auto six = static_cast<int32_t>(std::round(6.0F / quant.scale));
    clamp.high = std::min(clamp.high, quant.zero_point + six);
  }
  return clamp;
}

// A fully connected layer multiplies the two scales in float, a convolution in
// double: so do the reference kernels.
double RealMultiplier(const QuantLayer& q, size_t channel) {
  const float weight =
      q.weight_scales[q.weight_scales.size() == 1 ? 0 : channel];
  const auto out = static_cast<double>(q.output.scale);
  if (q.layer.kind == Kind::kFullyConnected) {
    return static_cast<double>(q.input.scale * weight) / out;
  }
  return static_cast<double>(q.input.scale) * static_cast<double>(weight) / out;
}

int32_t DotProduct(const QuantLayer& q, std::span<const int8_t> input,
                   int out_y, int out_x, int channel) {
  const Layer& layer = q.layer;
  const int taps = layer.window * layer.window;
  const bool depthwise = layer.kind == Kind::kDepthwise;
  int32_t sum = q.bias[static_cast<size_t>(channel)];
  for (int tap = 0; tap < taps; ++tap) {
    const int y =
        out_y * layer.stride - layer.pad_before() + tap / layer.window;
    const int x =
        out_x * layer.stride - layer.pad_before() + tap % layer.window;
    if (y < 0 || y >= layer.in_side || x < 0 || x >= layer.in_side) {
      continue;  // padding holds the zero point, which counts 0
    }
    const int pixel = (y * layer.in_side + x) * layer.in_channels;
    for (int c = 0; c < layer.depth(); ++c) {
      const int weight = depthwise ? tap * layer.out_channels + channel
                                   : (channel * taps + tap) * layer.depth() + c;
      const int value = pixel + (depthwise ? channel : c);
      sum += (input[static_cast<size_t>(value)] - q.input.zero_point) *
             q.weights[static_cast<size_t>(weight)];
    }
  }
  return sum;
}

std::vector<int8_t> RunTaps(const QuantLayer& q,
                            std::span<const int8_t> input) {
  const Layer& layer = q.layer;
  const Clamp clamp = ClampOf(layer.activation, q.output);
  std::vector<int8_t> out(static_cast<size_t>(layer.out_size()));
  for (int channel = 0; channel < layer.out_channels; ++channel) {
    const Multiplier by =
        ToMultiplier(RealMultiplier(q, static_cast<size_t>(channel)));
    for (int pixel = 0; pixel < layer.out_side * layer.out_side; ++pixel) {
      const int32_t sum = DotProduct(q, input, pixel / layer.out_side,
                                     pixel % layer.out_side, channel);
      out[static_cast<size_t>(pixel * layer.out_channels + channel)] =
          clamp(Multiply(sum, by) + q.output.zero_point);
    }
  }
  return out;
}

std::vector<int8_t> RunPool(const Layer& layer, std::span<const int8_t> input) {
  const int count = layer.in_side * layer.in_side;
  std::vector<int8_t> out;
  for (int channel = 0; channel < layer.in_channels; ++channel) {
    int32_t sum = 0;
    for (int pixel = 0; pixel < count; ++pixel) {
      sum += input[static_cast<size_t>(pixel * layer.in_channels + channel)];
    }
    const int32_t half = sum > 0 ? count / 2 : -count / 2;
    out.push_back(Clamp()((sum + half) / count));
  }
  return out;
}

constexpr int kDiffIntegerBits = 5;  // of a difference of logits
constexpr int kSumIntegerBits = 12;  // of the sum of their exponentials

// Exponentials of (logit - largest), 31 fraction bits; 0 where the difference
// is too large for kDiffIntegerBits.
std::vector<int32_t> Exponentials(std::span<const int8_t> logits, float scale) {
  const Multiplier by = ToMultiplier(
      std::min(static_cast<double>(scale) * (1 << (31 - kDiffIntegerBits)),
               0x1p31 - 1.0));
  const double radius = ((1 << kDiffIntegerBits) - 1) *
                        std::ldexp(1.0, 31 - kDiffIntegerBits - by.shift);
  const auto least = -static_cast<int32_t>(std::floor(radius));
  const int32_t top = *std::max_element(logits.begin(), logits.end());
  std::vector<int32_t> result;
  for (const int8_t logit : logits) {
    const int32_t diff = logit - top;
    result.push_back(diff < least ? 0
                                  : ExpOfNegative(DoublingHighMultiply(
                                        diff * (1 << by.shift), by.value)));
  }
  return result;
}

std::vector<int8_t> RunSoftmax(std::span<const int8_t> logits, float scale) {
  const std::vector<int32_t> exponentials = Exponentials(logits, scale);
  int32_t sum = 0;
  for (const int32_t value : exponentials) {
    sum += RoundingShift(value, kSumIntegerBits);
  }
  // sum = 2^bits_over_unit * (1 + fraction)
  const int headroom = std::countl_zero(static_cast<uint32_t>(sum));
  const auto fraction = static_cast<int32_t>(
      (static_cast<uint32_t>(sum) << static_cast<unsigned>(headroom)) -
      (1U << 31U));
  const int32_t reciprocal = OneOverOnePlus(fraction);
  const int bits_over_unit = kSumIntegerBits - headroom;
  std::vector<int8_t> out;
  for (const int32_t value : exponentials) {
    const int32_t share = RoundingShift(DoublingHighMultiply(reciprocal, value),
                                        bits_over_unit + 31 - 8);
    out.push_back(Clamp()(share - 128));
  }
  return out;
}

}  // namespace

std::vector<int8_t> Evaluate(const QuantModel& model,
                             std::span<const int8_t> input) {
  std::vector<int8_t> values(input.begin(), input.end());
  for (const QuantLayer& q : model.layers) {
    values = q.layer.kind == Kind::kAveragePool ? RunPool(q.layer, values)
                                                : RunTaps(q, values);
  }
  return RunSoftmax(values, model.layers.back().output.scale);
}

int ArgMax(std::span<const int8_t> scores) {
  return static_cast<int>(std::max_element(scores.begin(), scores.end()) -
                          scores.begin());
}

}  // namespace tinyrig::digits
