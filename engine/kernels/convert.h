// QUANTIZE and DEQUANTIZE: float32 at a model's edges, int8 <-> uint8, and
// int8 -> int8 with another scale.
//
// S: kElements; Q*: kScale kOutZero kMin kMax; R*: kInZero kOutZero kMultiplier
//    kShift kMin kMax; D*: kScale kInZero.
#ifndef TINYRIG_ENGINE_KERNELS_CONVERT_H_
#define TINYRIG_ENGINE_KERNELS_CONVERT_H_

#include "engine/kernels/quant.h"

namespace tinyrig::kernels {

TINYRIG_INLINE float LoadFloat(const uint8_t* from) {
  float value;
  __builtin_memcpy(&value, __builtin_assume_aligned(from, 4), 4);
  return value;
}

/// round(x), half away from zero, kept within +-2^20 (NaN gives 0): far outside
/// any 8-bit range and safe to convert.
TINYRIG_INLINE int32_t RoundToInt(float x) {
  if (!(x > -1048576.0F)) {
    return x == x ? -1048576 : 0;
  }
  if (x > 1048576.0F) {
    return 1048576;
  }
  const auto whole = static_cast<int32_t>(x);
  const float rest = x - static_cast<float>(whole);
  return rest >= 0.5F ? whole + 1 : (rest <= -0.5F ? whole - 1 : whole);
}

/// float32 -> int8 or uint8 (Out). `out` may begin where `in` begins.
template <class S, class Out>
TINYRIG_INLINE void QuantizeFloat(const uint8_t* in, Out* out) {
  for (int i = 0; i < S::kElements; ++i) {
    const float x = LoadFloat(in + 4 * i) / S::kScale;
    out[i] = static_cast<Out>(
        ClampTo(RoundToInt(x) + S::kOutZero, S::kMin, S::kMax));
  }
}

/// 8 bits -> 8 bits. `out` may be `in`.
template <class S, class In, class Out>
TINYRIG_INLINE void Rescale(const In* in, Out* out) {
  for (int i = 0; i < S::kElements; ++i) {
    const int32_t y = Requantize(in[i] - S::kInZero, S::kMultiplier, S::kShift);
    out[i] = static_cast<Out>(ClampTo(y + S::kOutZero, S::kMin, S::kMax));
  }
}

/// 8 bits -> float32; the buffers do not overlap.
template <class S, class In>
TINYRIG_INLINE void Dequantize(const In* in, uint8_t* out) {
  for (int i = 0; i < S::kElements; ++i) {
    const float y = S::kScale * static_cast<float>(in[i] - S::kInZero);
    __builtin_memcpy(__builtin_assume_aligned(out + 4 * i, 4), &y, 4);
  }
}

}  // namespace tinyrig::kernels

#endif  // TINYRIG_ENGINE_KERNELS_CONVERT_H_
