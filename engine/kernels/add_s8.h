// ADD on int8, element by element. `out` may be `in1` or `in2`.
//
// S: kElements, kZero1 kZero2 kOutZero, kLeftShift, kMultiplier1 kShift1
//    kMultiplier2 kShift2 kMultiplierOut kShiftOut (shifts <= 0: to the right),
//    kMin kMax.
#ifndef TINYRIG_ENGINE_KERNELS_ADD_S8_H_
#define TINYRIG_ENGINE_KERNELS_ADD_S8_H_

#include "engine/kernels/quant.h"

namespace tinyrig::kernels {

template <class S>
TINYRIG_INLINE void Add(const int8_t* in1, const int8_t* in2, int8_t* out) {
  constexpr int32_t kUnit = INT32_C(1) << S::kLeftShift;
  for (int i = 0; i < S::kElements; ++i) {
    const int32_t a =
        Requantize((in1[i] - S::kZero1) * kUnit, S::kMultiplier1, S::kShift1);
    const int32_t b =
        Requantize((in2[i] - S::kZero2) * kUnit, S::kMultiplier2, S::kShift2);
    const int32_t sum = Requantize(a + b, S::kMultiplierOut, S::kShiftOut);
    out[i] = static_cast<int8_t>(ClampTo(sum + S::kOutZero, S::kMin, S::kMax));
  }
}

}  // namespace tinyrig::kernels

#endif  // TINYRIG_ENGINE_KERNELS_ADD_S8_H_
