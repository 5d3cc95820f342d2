// Requantisation, bit-exact with the TFLite reference: a rounding doubling high
// multiply, then a rounding shift (half away from zero). Both steps round; one
// step with more bits gives other results.
// Source: TFLite's common.h (double rounding), gemmlowp's fixedpoint.h.
#ifndef TINYRIG_ENGINE_KERNELS_QUANT_H_
#define TINYRIG_ENGINE_KERNELS_QUANT_H_

#include <stdint.h>

#include "engine/kernels/simd.h"

namespace tinyrig::kernels {

/// One output channel. `bias` has the input's zero point folded in:
/// bias - zero_point * sum(weights of the channel).
struct ChannelQuant {
  int32_t bias;
  int32_t multiplier;  ///< in [2^30, 2^31), or 0
  int32_t shift;       ///< kExact: > 0 left; kFast: right shift minus 1, >= 0
};

/// How a layer may requantise, proven for all its channels when it is emitted.
enum class QuantMode {
  kExact,  ///< any multiplier and shift
  kFast,  ///< |2 * sum| < 2^31 for every input, and every shift is to the right
};

TINYRIG_INLINE int32_t ShiftLeftWrapped(int32_t x, int32_t by) {
  return static_cast<int32_t>(static_cast<uint32_t>(x) << by);
}

/// (x * y + 2^30) >> 31. TFLite nudges by sign and divides towards zero, which
/// is the same number; its one saturating case needs both to be -2^31.
TINYRIG_INLINE int32_t DoublingHighMul(int32_t x, int32_t y) {
  if (x == INT32_MIN && y == INT32_MIN) {
    return INT32_MAX;
  }
  return static_cast<int32_t>(
      (static_cast<int64_t>(x) * y + (INT64_C(1) << 30)) >> 31);
}

/// x / 2^exponent to the nearest, half away from zero; exponent 0..31.
TINYRIG_INLINE int32_t RoundingShift(int32_t x, int32_t exponent) {
  if (exponent == 0) {
    return x;
  }
  return (((x + (x >> 31)) >> (exponent - 1)) + 1) >> 1;
}

/// TFLite's MultiplyByQuantizedMultiplier; shift in [-31, 30].
TINYRIG_INLINE int32_t Requantize(int32_t x, int32_t multiplier,
                                  int32_t shift) {
  const int32_t left = shift > 0 ? shift : 0;
  const int32_t right = shift > 0 ? 0 : -shift;
  return RoundingShift(DoublingHighMul(ShiftLeftWrapped(x, left), multiplier),
                       right);
}

TINYRIG_INLINE int32_t ClampTo(int32_t x, int32_t low, int32_t high) {
  return x < low ? low : (x > high ? high : x);
}

/// An accumulator to an int8 of the layer S (kQuantMode, kOutZero, kMin, kMax).
template <class S>
TINYRIG_INLINE int8_t ToInt8(int32_t acc, const ChannelQuant& quant) {
  if constexpr (S::kQuantMode == QuantMode::kFast) {
    int32_t y = MulHighRounded(ShiftLeftWrapped(acc, 1), quant.multiplier);
    y = (y + (y >> 31)) >> quant.shift;
    y += 1 + 2 * S::kOutZero;
    if constexpr (S::kMin == -128 && S::kMax == 127) {
      return static_cast<int8_t>(HalveToInt8(y));
    } else {
      return static_cast<int8_t>(ClampTo(y >> 1, S::kMin, S::kMax));
    }
  } else {
    const int32_t y =
        Requantize(acc, quant.multiplier, quant.shift) + S::kOutZero;
    return static_cast<int8_t>(ClampTo(y, S::kMin, S::kMax));
  }
}

}  // namespace tinyrig::kernels

#endif  // TINYRIG_ENGINE_KERNELS_QUANT_H_
