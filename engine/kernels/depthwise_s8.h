// DEPTHWISE_CONV_2D on int8, four channels at a time.
//
// Weights lie by channel quads: quad, tap (row by row), 4 bytes; missing
// channels of the last quad are zero weights. A quad's weights are widened to
// half words once (on the stack) and used for every pixel. Inner pixels read
// their window in place, border pixels through a gathered window that holds
// the zero point. The last quad may read up to 3 bytes behind the input.
// A depth multiplier other than 1 takes the plain loop at the end of the file.
//
// S: as Conv2d without kExpand, and kMultiplier (kOutC = kInC * kMultiplier).
#ifndef TINYRIG_ENGINE_KERNELS_DEPTHWISE_S8_H_
#define TINYRIG_ENGINE_KERNELS_DEPTHWISE_S8_H_

#include "engine/kernels/quant.h"
#include "engine/kernels/simd.h"
#include "engine/kernels/window.h"

namespace tinyrig::kernels {

template <class S>
struct DepthwiseShape : WindowShape<S> {
  static constexpr int kTaps = S::kFilterH * S::kFilterW;
  static constexpr int kInRow = S::kInW * S::kInC;
  static constexpr int kLastQuad = S::kOutC % 4 == 0 ? 4 : S::kOutC % 4;
};

/// One tap of four channels: kOffset bytes behind `row`, weights kTap of
/// `wide`.
template <int kOffset, int kTap>
TINYRIG_INLINE void DepthwiseTap(const int8_t* row, const uint32_t* wide,
                                 int32_t (&acc)[4]) {
#if TINYRIG_HAS_DSP
  // Volatile keeps taps in order: gcc would gather all of them and spill.
  if constexpr (kOffset <= 4095 && kTap * 8 <= 1020) {
    uint32_t even, odd, w0, w1;
    __asm__ volatile(
        "ldr %[e], [%[x], #%c[at]]\n\t"
        "ldrd %[w0], %[w1], [%[w], #%c[tap]]\n\t"
        "sxtb16 %[o], %[e], ror #8\n\t"
        "sxtb16 %[e], %[e]\n\t"
        "smlabb %[a1], %[o], %[w1], %[a1]\n\t"
        "smlabb %[a0], %[e], %[w0], %[a0]\n\t"
        "smlatt %[a3], %[o], %[w1], %[a3]\n\t"
        "smlatt %[a2], %[e], %[w0], %[a2]"
        : [a0] "+r"(acc[0]), [a1] "+r"(acc[1]), [a2] "+r"(acc[2]),
          [a3] "+r"(acc[3]), [e] "=&r"(even), [o] "=&r"(odd), [w0] "=&r"(w0),
          [w1] "=&r"(w1)
        : [x] "r"(row), [w] "r"(wide), [at] "n"(kOffset), [tap] "n"(kTap * 8)
        : "memory");
    return;
  }
#endif
  const uint32_t x = LoadWord(row + kOffset);
  const uint32_t x_even = ExtendEven(x);
  const uint32_t x_odd = ExtendOdd(x);
  acc[0] = MulAddLow(x_even, wide[2 * kTap], acc[0]);
  acc[1] = MulAddLow(x_odd, wide[2 * kTap + 1], acc[1]);
  acc[2] = MulAddHigh(x_even, wide[2 * kTap], acc[2]);
  acc[3] = MulAddHigh(x_odd, wide[2 * kTap + 1], acc[3]);
}

/// Taps kFirst..kCount-1 of one filter row.
template <int kTapStride, int kCount, int kFirst = 0>
TINYRIG_INLINE void DepthwiseRow(const int8_t* row, const uint32_t* wide,
                                 int32_t (&acc)[4]) {
  if constexpr (kFirst < kCount) {
    DepthwiseTap<kFirst * kTapStride, kFirst>(row, wide, acc);
    DepthwiseRow<kTapStride, kCount, kFirst + 1>(row, wide, acc);
  }
}

/// kChannels (1..4) outputs of one pixel; `window` is the top left tap.
template <class S, int kChannels, int kRowStride, int kTapStride>
TINYRIG_INLINE void DepthwisePixel(const int8_t* window, const uint32_t* wide,
                                   const ChannelQuant* quant, int8_t* out) {
  int32_t acc[4] = {0, 0, 0, 0};
#pragma GCC unroll 4
  for (int c = 0; c < kChannels; ++c) {
    acc[c] = quant[c].bias;
  }
#pragma GCC unroll 4
  for (int fy = 0; fy < S::kFilterH; ++fy) {
    DepthwiseRow<kTapStride, S::kFilterW>(window + fy * kRowStride,
                                          wide + 2 * fy * S::kFilterW, acc);
  }
#pragma GCC unroll 4
  for (int c = 0; c < kChannels; ++c) {
    const ChannelQuant q = quant[c];
    out[c] = ToInt8<S>(acc[c], q);
  }
}

/// The window of (oy, ox) for the quad at `in`, 4 bytes a tap.
template <class S>
TINYRIG_INLINE void GatherWindow(const int8_t* in, int oy, int ox,
                                 uint32_t* window) {
  constexpr uint32_t kZero =
      (static_cast<uint32_t>(S::kInZero) & 0xFFU) * 0x01010101U;
  for (int fy = 0; fy < S::kFilterH; ++fy) {
    const int y = oy * S::kStrideH - S::kPadTop + fy * S::kDilationH;
    for (int fx = 0; fx < S::kFilterW; ++fx) {
      const int x = ox * S::kStrideW - S::kPadLeft + fx * S::kDilationW;
      const bool outside = y < 0 || y >= S::kInH || x < 0 || x >= S::kInW;
      *window++ = outside ? kZero : LoadWord(in + (y * S::kInW + x) * S::kInC);
    }
  }
}

/// All pixels of one quad.
template <class S, int kChannels>
TINYRIG_INLINE void DepthwiseQuad(const int8_t* in, const uint32_t* wide,
                                  const ChannelQuant* quant, int8_t* out) {
  using D = DepthwiseShape<S>;
  for (int oy = 0; oy < S::kOutH; ++oy) {
    const bool inner_row = oy >= D::kInnerTop && oy < D::kInnerBottom;
    const int left = inner_row ? D::kInnerLeft : S::kOutW;
    const int right = inner_row ? D::kInnerRight : S::kOutW;
    int ox = 0;
    while (ox < S::kOutW) {
      if constexpr (D::kHasBorder) {
        const int end = ox < left ? left : S::kOutW;
        for (; ox < end && (ox < left || ox >= right); ++ox) {
          uint32_t window[D::kTaps];
          GatherWindow<S>(in, oy, ox, window);
          DepthwisePixel<S, kChannels, S::kFilterW * 4, 4>(
              reinterpret_cast<const int8_t*>(window), wide, quant, out);
          out += S::kOutC;
        }
      }
      if constexpr (D::kHasInner) {
        const int8_t* at = in + (oy * S::kStrideH - S::kPadTop) * D::kInRow +
                           (ox * S::kStrideW - S::kPadLeft) * S::kInC;
        for (; ox < right; ++ox) {
          DepthwisePixel<S, kChannels, D::kInRow, S::kInC>(at, wide, quant,
                                                           out);
          at += S::kStrideW * S::kInC;
          out += S::kOutC;
        }
      }
    }
  }
}

template <class S>
TINYRIG_INLINE void WidenTaps(const uint8_t* weights, uint32_t* wide) {
  for (int tap = 0; tap < DepthwiseShape<S>::kTaps; ++tap) {
    const uint32_t packed = LoadAligned(weights + 4 * tap);
    wide[2 * tap] = ExtendEven(packed);
    wide[2 * tap + 1] = ExtendOdd(packed);
  }
}

/// in [kInH, kInW, kInC], out [kOutH, kOutW, kOutC], not overlapping.
/// REQUIRES: kMultiplier == 1.
template <class S>
TINYRIG_INLINE void DepthwiseConv2d(const int8_t* in, int8_t* out,
                                    const uint8_t* weights,
                                    const ChannelQuant* quant) {
  using D = DepthwiseShape<S>;
  static_assert(S::kMultiplier == 1 && S::kInC == S::kOutC);
  uint32_t wide[2 * D::kTaps];
  constexpr int kWholeQuads = S::kOutC / 4 * 4;
  for (int c = 0; c < kWholeQuads; c += 4) {
    WidenTaps<S>(weights + c * D::kTaps, wide);
    DepthwiseQuad<S, 4>(in + c, wide, quant + c, out + c);
  }
  if constexpr (kWholeQuads != S::kOutC) {
    WidenTaps<S>(weights + kWholeQuads * D::kTaps, wide);
    DepthwiseQuad<S, D::kLastQuad>(in + kWholeQuads, wide, quant + kWholeQuads,
                                   out + kWholeQuads);
  }
}

/// Any depth multiplier; weights [taps, kOutC] as in the file.
template <class S>
TINYRIG_INLINE void DepthwiseConv2dPlain(const int8_t* in, int8_t* out,
                                         const uint8_t* weights,
                                         const ChannelQuant* quant) {
  for (int oy = 0; oy < S::kOutH; ++oy) {
    for (int ox = 0; ox < S::kOutW; ++ox) {
      for (int c = 0; c < S::kOutC; ++c) {
        int32_t acc = quant[c].bias;
        for (int tap = 0; tap < S::kFilterH * S::kFilterW; ++tap) {
          const int y =
              oy * S::kStrideH - S::kPadTop + tap / S::kFilterW * S::kDilationH;
          const int x = ox * S::kStrideW - S::kPadLeft +
                        tap % S::kFilterW * S::kDilationW;
          const bool outside = y < 0 || y >= S::kInH || x < 0 || x >= S::kInW;
          const int32_t value =
              outside ? S::kInZero
                      : in[(y * S::kInW + x) * S::kInC + c / S::kMultiplier];
          acc += value * static_cast<int8_t>(weights[tap * S::kOutC + c]);
        }
        *out++ = ToInt8<S>(acc, quant[c]);
      }
    }
  }
}

}  // namespace tinyrig::kernels

#endif  // TINYRIG_ENGINE_KERNELS_DEPTHWISE_S8_H_
