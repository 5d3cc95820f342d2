// MEAN over height and width on int8: one requantisation of the whole sum; the
// multiplier holds 1 / pixels.
//
// S: kPixels kC, kInZero kOutZero, kMultiplier kShift.
#ifndef TINYRIG_ENGINE_KERNELS_MEAN_S8_H_
#define TINYRIG_ENGINE_KERNELS_MEAN_S8_H_

#include "engine/kernels/pool_s8.h"
#include "engine/kernels/quant.h"

namespace tinyrig::kernels {

/// in [kPixels, kC], out [kC], not overlapping. The last quad may read up to 3
/// bytes behind the input.
template <class S>
TINYRIG_INLINE void Mean(const int8_t* in, int8_t* out) {
  for (int c = 0; c < S::kC; c += 4) {
    int32_t sum[4];
    SumQuad<S::kPixels, S::kC>(in + c, Rect{0, 1, 0, S::kPixels}, sum);
    for (int i = 0; i < 4 && c + i < S::kC; ++i) {
      const int32_t y = Requantize(sum[i] - S::kPixels * S::kInZero,
                                   S::kMultiplier, S::kShift);
      *out++ = static_cast<int8_t>(ClampTo(y + S::kOutZero, -128, 127));
    }
  }
}

}  // namespace tinyrig::kernels

#endif  // TINYRIG_ENGINE_KERNELS_MEAN_S8_H_
