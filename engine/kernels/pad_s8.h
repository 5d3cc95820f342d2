// PAD of an int8 tensor of up to four dims, with one value.
//
// S: kIn0..kIn3 (dims), kBefore0..3, kAfter0..3, kValue.
#ifndef TINYRIG_ENGINE_KERNELS_PAD_S8_H_
#define TINYRIG_ENGINE_KERNELS_PAD_S8_H_

#include "engine/kernels/simd.h"

namespace tinyrig::kernels {

/// `in` and `out` do not overlap.
template <class S>
TINYRIG_INLINE void Pad(const int8_t* in, int8_t* out) {
  constexpr int kRow = S::kBefore3 + S::kIn3 + S::kAfter3;
  constexpr int kPlane = kRow * (S::kBefore2 + S::kIn2 + S::kAfter2);
  constexpr int kCube = kPlane * (S::kBefore1 + S::kIn1 + S::kAfter1);
  __builtin_memset(out, S::kValue,
                   kCube * (S::kBefore0 + S::kIn0 + S::kAfter0));
  for (int i = 0; i < S::kIn0; ++i) {
    for (int j = 0; j < S::kIn1; ++j) {
      int8_t* to = out + (S::kBefore0 + i) * kCube +
                   (S::kBefore1 + j) * kPlane + S::kBefore2 * kRow +
                   S::kBefore3;
      for (int k = 0; k < S::kIn2; ++k) {
        __builtin_memcpy(to, in, S::kIn3);
        in += S::kIn3;
        to += kRow;
      }
    }
  }
}

}  // namespace tinyrig::kernels

#endif  // TINYRIG_ENGINE_KERNELS_PAD_S8_H_
