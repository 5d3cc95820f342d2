// CONV_2D and FULLY_CONNECTED on int8, by 2 channels x 2 pixels.
//
// A filter is seen as kFilterH rows of kFilterW * kInC bytes that are
// contiguous in NHWC; each row is padded to whole words with zero weights, so
// the last word may read up to 3 bytes behind the input (the arena has that
// slack). Weights lie by pairs of channels, word by word:
//   pair p, row r, word q: [w(2p)[4q..4q+3]] [w(2p+1)[4q..4q+3]]
// and an odd last channel alone. Pixels whose window leaves the input are
// gathered into a patch that holds the zero point outside; the others are read
// in place. With kExpand, the weights of a pair are widened to half words in
// scratch once and used for all inner pixels.
//
// S: kInH kInW kInC kOutH kOutW kOutC, kFilterH kFilterW kStrideH kStrideW
//    kDilationH kDilationW kPadTop kPadLeft, kInZero kOutZero kMin kMax,
//    kQuantMode, kExpand.
#ifndef TINYRIG_ENGINE_KERNELS_CONV_S8_H_
#define TINYRIG_ENGINE_KERNELS_CONV_S8_H_

#include "engine/kernels/quant.h"
#include "engine/kernels/simd.h"
#include "engine/kernels/window.h"

namespace tinyrig::kernels {

template <class S>
struct ConvShape : WindowShape<S> {
  static constexpr int kRowBytes = S::kFilterW * S::kInC;
  static constexpr int kRowWords = (kRowBytes + 3) / 4;
  static constexpr int kPatchRow = kRowWords * 4;
  static constexpr int kPatchBytes = S::kFilterH * kPatchRow;
  static constexpr int kFilterWords = S::kFilterH * kRowWords;
  static constexpr int kInRow = S::kInW * S::kInC;
  /// Bytes of scratch: a patch, then the widened weights of a pair.
  static constexpr int kExpandBytes = S::kExpand ? kFilterWords * 16 : 0;
  static constexpr int kScratchBytes =
      (WindowShape<S>::kHasBorder ? kPatchBytes : 0) + kExpandBytes;
};

/// Four values of kPixels pixels times those of kChannels channels.
template <int kChannels, int kPixels, bool kWide>
TINYRIG_INLINE void DotWord(const int8_t* pixel, int pixel_stride,
                            const uint8_t* weights,
                            int32_t (&acc)[kChannels][kPixels]) {
  uint32_t even[kPixels];
  uint32_t odd[kPixels];
#pragma GCC unroll 2
  for (int p = 0; p < kPixels; ++p) {
    const uint32_t x = LoadWord(pixel + p * pixel_stride);
    even[p] = ExtendEven(x);
    odd[p] = ExtendOdd(x);
  }
#pragma GCC unroll 2
  for (int c = 0; c < kChannels; ++c) {
    uint32_t w_even;
    uint32_t w_odd;
    if constexpr (kWide) {
      w_even = LoadAligned(weights + 8 * c);
      w_odd = LoadAligned(weights + 8 * c + 4);
    } else {
      const uint32_t packed = LoadAligned(weights + 4 * c);
      w_even = ExtendEven(packed);
      w_odd = ExtendOdd(packed);
    }
#pragma GCC unroll 2
    for (int p = 0; p < kPixels; ++p) {
      acc[c][p] = MulAddPair(even[p], w_even, acc[c][p]);
      acc[c][p] = MulAddPair(odd[p], w_odd, acc[c][p]);
    }
  }
}

#if TINYRIG_HAS_DSP
// The 2 x 2 step by hand: 12 registers, which gcc does not find by itself. The
// second pixel lies kPixelStride behind the first.
template <int kPixelStride>
TINYRIG_INLINE void DotWordWide22(const int8_t*& pixel, const uint8_t*& weights,
                                  int32_t (&acc)[2][2]) {
  uint32_t e0, o0, e1, o1, w0, w1;
  __asm__ volatile(
      "ldr %[o1], [%[x], #%c[step]]\n\t"
      "ldr %[o0], [%[x]], #4\n\t"
      "ldrd %[w0], %[w1], [%[w]], #8\n\t"
      "sxtb16 %[e1], %[o1]\n\t"
      "sxtb16 %[e0], %[o0]\n\t"
      "sxtb16 %[o1], %[o1], ror #8\n\t"
      "sxtb16 %[o0], %[o0], ror #8\n\t"
      "smlad %[a00], %[e0], %[w0], %[a00]\n\t"
      "smlad %[a01], %[e1], %[w0], %[a01]\n\t"
      "smlad %[a00], %[o0], %[w1], %[a00]\n\t"
      "smlad %[a01], %[o1], %[w1], %[a01]\n\t"
      "ldrd %[w0], %[w1], [%[w]], #8\n\t"
      "smlad %[a10], %[e0], %[w0], %[a10]\n\t"
      "smlad %[a11], %[e1], %[w0], %[a11]\n\t"
      "smlad %[a10], %[o0], %[w1], %[a10]\n\t"
      "smlad %[a11], %[o1], %[w1], %[a11]"
      : [x] "+r"(pixel), [w] "+r"(weights), [a00] "+r"(acc[0][0]),
        [a01] "+r"(acc[0][1]), [a10] "+r"(acc[1][0]), [a11] "+r"(acc[1][1]),
        [e0] "=&r"(e0), [o0] "=&r"(o0), [e1] "=&r"(e1), [o1] "=&r"(o1),
        [w0] "=&r"(w0), [w1] "=&r"(w1)
      : [step] "n"(kPixelStride)
      : "memory");
}

template <int kPixelStride>
TINYRIG_INLINE void DotWordPacked22(const int8_t*& pixel,
                                    const uint8_t*& weights,
                                    int32_t (&acc)[2][2]) {
  uint32_t e0, o0, e1, o1, w0, w1;
  __asm__ volatile(
      "ldr %[o1], [%[x], #%c[step]]\n\t"
      "ldr %[o0], [%[x]], #4\n\t"
      "ldr %[w1], [%[w]], #4\n\t"
      "sxtb16 %[e1], %[o1]\n\t"
      "sxtb16 %[e0], %[o0]\n\t"
      "sxtb16 %[w0], %[w1]\n\t"
      "sxtb16 %[o1], %[o1], ror #8\n\t"
      "sxtb16 %[o0], %[o0], ror #8\n\t"
      "sxtb16 %[w1], %[w1], ror #8\n\t"
      "smlad %[a00], %[e0], %[w0], %[a00]\n\t"
      "smlad %[a01], %[e1], %[w0], %[a01]\n\t"
      "smlad %[a00], %[o0], %[w1], %[a00]\n\t"
      "smlad %[a01], %[o1], %[w1], %[a01]\n\t"
      "ldr %[w1], [%[w]], #4\n\t"
      "sxtb16 %[w0], %[w1]\n\t"
      "sxtb16 %[w1], %[w1], ror #8\n\t"
      "smlad %[a10], %[e0], %[w0], %[a10]\n\t"
      "smlad %[a11], %[e1], %[w0], %[a11]\n\t"
      "smlad %[a10], %[o0], %[w1], %[a10]\n\t"
      "smlad %[a11], %[o1], %[w1], %[a11]"
      : [x] "+r"(pixel), [w] "+r"(weights), [a00] "+r"(acc[0][0]),
        [a01] "+r"(acc[0][1]), [a10] "+r"(acc[1][0]), [a11] "+r"(acc[1][1]),
        [e0] "=&r"(e0), [o0] "=&r"(o0), [e1] "=&r"(e1), [o1] "=&r"(o1),
        [w0] "=&r"(w0), [w1] "=&r"(w1)
      : [step] "n"(kPixelStride)
      : "memory");
}
#endif

/// One word of each pixel; moves both pointers behind what was used.
template <int kPixelStride, int kChannels, int kPixels, bool kWide>
TINYRIG_INLINE void DotStep(const int8_t*& pixel, const uint8_t*& weights,
                            int32_t (&acc)[kChannels][kPixels]) {
#if TINYRIG_HAS_DSP
  constexpr int kMaxImmediate = 4095;
  if constexpr (kChannels == 2 && kPixels == 2 &&
                kPixelStride <= kMaxImmediate) {
    if constexpr (kWide) {
      DotWordWide22<kPixelStride>(pixel, weights, acc);
    } else {
      DotWordPacked22<kPixelStride>(pixel, weights, acc);
    }
    return;
  }
#endif
  DotWord<kChannels, kPixels, kWide>(pixel, kPixelStride, weights, acc);
  pixel += 4;
  weights += kChannels * (kWide ? 8 : 4);
}

/// kWords words of each pixel; moves `weights` behind them.
template <int kWords, int kPixelStride, int kChannels, int kPixels, bool kWide>
TINYRIG_INLINE void DotRow(const int8_t* pixel, const uint8_t*& weights,
                           int32_t (&acc)[kChannels][kPixels]) {
  constexpr int kUnroll = 4;
  for (int i = 0; i < kWords / kUnroll; ++i) {
#pragma GCC unroll 4
    for (int j = 0; j < kUnroll; ++j) {
      DotStep<kPixelStride, kChannels, kPixels, kWide>(pixel, weights, acc);
    }
  }
#pragma GCC unroll 4
  for (int j = 0; j < kWords % kUnroll; ++j) {
    DotStep<kPixelStride, kChannels, kPixels, kWide>(pixel, weights, acc);
  }
}

/// kChannels x kPixels outputs; out[c + p * kOutC]. Filter rows of a pixel lie
/// kRowStride apart, pixels kPixelStride.
template <class S, int kRowStride, int kPixelStride, int kChannels, int kPixels,
          bool kWide>
TINYRIG_INLINE void ConvBlock(const int8_t* pixel, const uint8_t* weights,
                              const ChannelQuant* quant, int8_t* out) {
  int32_t acc[kChannels][kPixels];
#pragma GCC unroll 2
  for (int c = 0; c < kChannels; ++c) {
#pragma GCC unroll 2
    for (int p = 0; p < kPixels; ++p) {
      acc[c][p] = quant[c].bias;
    }
  }
  for (int row = 0; row < S::kFilterH; ++row) {
    DotRow<ConvShape<S>::kRowWords, kPixelStride, kChannels, kPixels, kWide>(
        pixel + row * kRowStride, weights, acc);
  }
#pragma GCC unroll 2
  for (int c = 0; c < kChannels; ++c) {
    const ChannelQuant q = quant[c];
#pragma GCC unroll 2
    for (int p = 0; p < kPixels; ++p) {
      out[p * S::kOutC + c] = ToInt8<S>(acc[c][p], q);
    }
  }
}

/// All channels of one patch, weights as they lie in flash.
template <class S>
TINYRIG_INLINE void ConvPatch(const int8_t* patch, const uint8_t* weights,
                              const ChannelQuant* quant, int8_t* out) {
  using C = ConvShape<S>;
  for (int c = 0; c + 2 <= S::kOutC; c += 2) {
    ConvBlock<S, C::kPatchRow, 0, 2, 1, false>(patch, weights, quant + c,
                                               out + c);
    weights += C::kFilterWords * 8;
  }
  if constexpr (S::kOutC % 2 != 0) {
    ConvBlock<S, C::kPatchRow, 0, 1, 1, false>(
        patch, weights, quant + S::kOutC - 1, out + S::kOutC - 1);
  }
}

/// The window of (oy, ox) with the zero point where it leaves the input.
template <class S>
TINYRIG_INLINE void GatherPatch(const int8_t* in, int oy, int ox,
                                int8_t* patch) {
  using C = ConvShape<S>;
  for (int fy = 0; fy < S::kFilterH; ++fy) {
    const int y = oy * S::kStrideH - S::kPadTop + fy * S::kDilationH;
    int8_t* to = patch + fy * C::kPatchRow;
    for (int fx = 0; fx < S::kFilterW; ++fx) {
      const int x = ox * S::kStrideW - S::kPadLeft + fx * S::kDilationW;
      if (y < 0 || y >= S::kInH || x < 0 || x >= S::kInW) {
        __builtin_memset(to, S::kInZero, S::kInC);
      } else {
        __builtin_memcpy(to, in + (y * S::kInW + x) * S::kInC, S::kInC);
      }
      to += S::kInC;
    }
  }
}

/// Pixels [first, last) of output row oy, each through a patch.
template <class S>
TINYRIG_INLINE void ConvBorderRun(const int8_t* in, int oy, int first, int last,
                                  const uint8_t* weights,
                                  const ChannelQuant* quant, int8_t* patch,
                                  int8_t* out) {
  for (int ox = first; ox < last; ++ox) {
    GatherPatch<S>(in, oy, ox, patch);
    ConvPatch<S>(patch, weights, quant, out + (oy * S::kOutW + ox) * S::kOutC);
  }
}

template <class S>
TINYRIG_INLINE void ConvBorder(const int8_t* in, const uint8_t* weights,
                               const ChannelQuant* quant, int8_t* patch,
                               int8_t* out) {
  using C = ConvShape<S>;
  for (int oy = 0; oy < S::kOutH; ++oy) {
    const bool inner = oy >= C::kInnerTop && oy < C::kInnerBottom;
    // One call site, so the body is inlined once.
    for (int side = 0; side < 2; ++side) {
      const int first = side == 0 ? 0 : (inner ? C::kInnerRight : S::kOutW);
      const int last =
          side == 0 ? (inner ? C::kInnerLeft : S::kOutW) : S::kOutW;
      ConvBorderRun<S>(in, oy, first, last, weights, quant, patch, out);
    }
  }
}

/// kChannels channels of every inner pixel.
template <class S, int kChannels, bool kWide>
TINYRIG_INLINE void ConvInner(const int8_t* in, const uint8_t* weights,
                              const ChannelQuant* quant, int8_t* out) {
  using C = ConvShape<S>;
  constexpr int kStep = S::kStrideW * S::kInC;
  for (int oy = C::kInnerTop; oy < C::kInnerBottom; ++oy) {
    const int8_t* at = in + (oy * S::kStrideH - S::kPadTop) * C::kInRow +
                       (C::kInnerLeft * S::kStrideW - S::kPadLeft) * S::kInC;
    int8_t* to = out + (oy * S::kOutW + C::kInnerLeft) * S::kOutC;
    constexpr int kPixels = C::kInnerRight - C::kInnerLeft;
    for (int ox = 0; ox + 2 <= kPixels; ox += 2) {
      ConvBlock<S, C::kInRow, kStep, kChannels, 2, kWide>(at, weights, quant,
                                                          to);
      at += 2 * kStep;
      to += 2 * S::kOutC;
    }
    if constexpr (kPixels % 2 != 0) {
      ConvBlock<S, C::kInRow, 0, kChannels, 1, kWide>(at, weights, quant, to);
    }
  }
}

/// Inner pixels of kChannels channels, widening their weights first if asked.
template <class S, int kChannels>
TINYRIG_INLINE void ConvChannels(const int8_t* in, const uint8_t* weights,
                                 const ChannelQuant* quant, uint8_t* wide,
                                 int8_t* out) {
  if constexpr (S::kExpand) {
    for (int i = 0; i < ConvShape<S>::kFilterWords * kChannels; ++i) {
      const uint32_t packed = LoadAligned(weights + 4 * i);
      StoreAligned(wide + 8 * i, ExtendEven(packed));
      StoreAligned(wide + 8 * i + 4, ExtendOdd(packed));
    }
    ConvInner<S, kChannels, true>(in, wide, quant, out);
  } else {
    ConvInner<S, kChannels, false>(in, weights, quant, out);
  }
}

/// in [kInH, kInW, kInC], out [kOutH, kOutW, kOutC], not overlapping; weights
/// and quant as above; scratch of ConvShape<S>::kScratchBytes, word-aligned.
template <class S>
TINYRIG_INLINE void Conv2d(const int8_t* in, int8_t* out,
                           const uint8_t* weights, const ChannelQuant* quant,
                           uint8_t* scratch) {
  using C = ConvShape<S>;
  uint8_t* wide = scratch;
  if constexpr (C::kHasBorder) {
    auto* patch = reinterpret_cast<int8_t*>(scratch);
    ConvBorder<S>(in, weights, quant, patch, out);
    wide += C::kPatchBytes;
  }
  if constexpr (C::kHasInner) {
    for (int c = 0; c + 2 <= S::kOutC; c += 2) {
      ConvChannels<S, 2>(in, weights, quant + c, wide, out + c);
      weights += C::kFilterWords * 8;
    }
    if constexpr (S::kOutC % 2 != 0) {
      ConvChannels<S, 1>(in, weights, quant + S::kOutC - 1, wide,
                         out + S::kOutC - 1);
    }
  }
}

}  // namespace tinyrig::kernels

#endif  // TINYRIG_ENGINE_KERNELS_CONV_S8_H_
