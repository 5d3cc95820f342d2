// AVERAGE_POOL_2D and MAX_POOL_2D on int8.
// Cells outside the input count neither in the sum nor in the number.
//
// S: kInH kInW kC kOutH kOutW, kFilterH kFilterW kStrideH
//    kStrideW kPadTop kPadLeft, kMin kMax.
#ifndef TINYRIG_ENGINE_KERNELS_POOL_S8_H_
#define TINYRIG_ENGINE_KERNELS_POOL_S8_H_

#include "engine/kernels/quant.h"
#include "engine/kernels/simd.h"

namespace tinyrig::kernels {

struct Rect {
  int top, bottom, left, right;  ///< bottom and right are one behind
};

template <class S>
TINYRIG_INLINE Rect PoolRect(int oy, int ox) {
  const int top = oy * S::kStrideH - S::kPadTop;
  const int left = ox * S::kStrideW - S::kPadLeft;
  const int bottom = top + S::kFilterH;
  const int right = left + S::kFilterW;
  return Rect{top < 0 ? 0 : top, bottom > S::kInH ? S::kInH : bottom,
              left < 0 ? 0 : left, right > S::kInW ? S::kInW : right};
}

/// sum / count to the nearest, half away from zero.
TINYRIG_INLINE int32_t RoundedQuotient(int32_t sum, int32_t count) {
  return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
}

/// Adds `pixels` pixels of four channels into 16-bit lanes; at most 255 of
/// them, so a lane cannot overflow. `stride` bytes from pixel to pixel.
TINYRIG_INLINE void AddQuads(const int8_t* at, int pixels, int stride,
                             uint32_t& even, uint32_t& odd) {
  for (int i = 0; i < pixels; ++i) {
    const uint32_t x = LoadWord(at);
    even = AddHalves(even, ExtendEven(x));
    odd = AddHalves(odd, ExtendOdd(x));
    at += stride;
  }
}

/// Sums of four channels over a rectangle of rows [kInW, kC].
template <int kInW, int kC>
TINYRIG_INLINE void SumQuad(const int8_t* in, const Rect& rect,
                            int32_t (&sum)[4]) {
  sum[0] = sum[1] = sum[2] = sum[3] = 0;
  for (int y = rect.top; y < rect.bottom; ++y) {
    for (int x = rect.left; x < rect.right; x += 128) {
      const int pixels = rect.right - x < 128 ? rect.right - x : 128;
      uint32_t even = 0;
      uint32_t odd = 0;
      AddQuads(in + (y * kInW + x) * kC, pixels, kC, even, odd);
      sum[0] += LowHalf(even);
      sum[1] += LowHalf(odd);
      sum[2] += HighHalf(even);
      sum[3] += HighHalf(odd);
    }
  }
}

/// in [kInH, kInW, kC], out [kOutH, kOutW, kC], not overlapping. The last quad
/// may read up to 3 bytes behind the input.
template <class S>
TINYRIG_INLINE void AveragePool2d(const int8_t* in, int8_t* out) {
  for (int oy = 0; oy < S::kOutH; ++oy) {
    for (int ox = 0; ox < S::kOutW; ++ox) {
      const Rect rect = PoolRect<S>(oy, ox);
      const int count = (rect.bottom - rect.top) * (rect.right - rect.left);
      for (int c = 0; c < S::kC; c += 4) {
        int32_t sum[4];
        SumQuad<S::kInW, S::kC>(in + c, rect, sum);
        for (int i = 0; i < 4 && c + i < S::kC; ++i) {
          *out++ = static_cast<int8_t>(
              ClampTo(RoundedQuotient(sum[i], count), S::kMin, S::kMax));
        }
      }
    }
  }
}

/// in [kInH, kInW, kC], out [kOutH, kOutW, kC], not overlapping.
template <class S>
TINYRIG_INLINE void MaxPool2d(const int8_t* in, int8_t* out) {
  for (int oy = 0; oy < S::kOutH; ++oy) {
    for (int ox = 0; ox < S::kOutW; ++ox) {
      const Rect rect = PoolRect<S>(oy, ox);
      for (int c = 0; c < S::kC; ++c) {
        int32_t best = -128;
        for (int y = rect.top; y < rect.bottom; ++y) {
          for (int x = rect.left; x < rect.right; ++x) {
            const int32_t value = in[(y * S::kInW + x) * S::kC + c];
            best = value > best ? value : best;
          }
        }
        *out++ = static_cast<int8_t>(ClampTo(best, S::kMin, S::kMax));
      }
    }
  }
}

}  // namespace tinyrig::kernels

#endif  // TINYRIG_ENGINE_KERNELS_POOL_S8_H_
