// Kernels against loops that follow the definition, over shapes that reach
// every path: border and inner pixels, odd channels, odd pixels, wide weights.
#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "engine/kernels/add_s8.h"
#include "engine/kernels/conv_s8.h"
#include "engine/kernels/convert.h"
#include "engine/kernels/depthwise_s8.h"
#include "engine/kernels/mean_s8.h"
#include "engine/kernels/pad_s8.h"
#include "engine/kernels/pool_s8.h"

namespace tinyrig::kernels {
namespace {

constexpr int OutSize(int in, int pad, int span, int stride) {
  return (in + pad - span) / stride + 1;
}

// in, filter, stride, pad before, pad after, dilation (square)
template <int kIn, int kInChannels, int kOutChannels, int kFilter, int kStride,
          int kBefore, int kAfter, int kDilation, bool kWide,
          QuantMode kMode = QuantMode::kExact>
struct Shape {
  static constexpr int kInH = kIn, kInW = kIn + 1, kInC = kInChannels;
  static constexpr int kSpan = (kFilter - 1) * kDilation + 1;
  static constexpr int kOutH = OutSize(kInH, kBefore + kAfter, kSpan, kStride);
  static constexpr int kOutW = OutSize(kInW, kBefore + kAfter, kSpan, kStride);
  static constexpr int kOutC = kOutChannels;
  static constexpr int kMultiplier = kOutChannels / kInChannels;
  static constexpr int kFilterH = kFilter, kFilterW = kFilter;
  static constexpr int kStrideH = kStride, kStrideW = kStride;
  static constexpr int kDilationH = kDilation, kDilationW = kDilation;
  static constexpr int kPadTop = kBefore, kPadLeft = kBefore;
  static constexpr int kInZero = -5, kOutZero = 9;
  static constexpr int kMin = -100, kMax = 120;
  static constexpr QuantMode kQuantMode = kMode;
  static constexpr bool kExpand = kWide;
};

std::vector<int8_t> RandomBytes(size_t size, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<int8_t> bytes(size);
  for (int8_t& byte : bytes) {
    byte = static_cast<int8_t>(random());
  }
  return bytes;
}

template <class S>
struct Problem {
  explicit Problem(bool depthwise)
      : per_filter(S::kFilterH * S::kFilterW * (depthwise ? 1 : S::kInC)) {
    in = RandomBytes(S::kInH * S::kInW * S::kInC + 3, 11);  // 3 of slack
    weights = RandomBytes(static_cast<size_t>(S::kOutC * per_filter), 12);
    for (int c = 0; c < S::kOutC; ++c) {
      int32_t sum = 0;
      for (int i = 0; i < per_filter; ++i) {
        sum += weights[static_cast<size_t>(c * per_filter + i)];
      }
      bias.push_back(c * 100 - 77);
      const int32_t right = 8 + c % 3;
      quant.push_back({bias.back() - S::kInZero * sum, 1500000000 - c * 999,
                       S::kQuantMode == QuantMode::kFast ? right - 1 : -right});
    }
    out.resize(static_cast<size_t>(S::kOutH * S::kOutW * S::kOutC));
  }
  // The definition; depthwise: input channel c / multiplier only.
  std::vector<int8_t> Expected(bool depthwise) const {
    std::vector<int8_t> want;
    for (int oy = 0; oy < S::kOutH; ++oy) {
      for (int ox = 0; ox < S::kOutW; ++ox) {
        for (int c = 0; c < S::kOutC; ++c) {
          want.push_back(One(depthwise, oy, ox, c));
        }
      }
    }
    return want;
  }
  int8_t One(bool depthwise, int oy, int ox, int c) const {
    int32_t acc = bias[static_cast<size_t>(c)];
    const int channels = depthwise ? 1 : S::kInC;
    for (int i = 0; i < per_filter; ++i) {
      const int tap = i / channels;
      const int ic = depthwise ? c / S::kMultiplier : i % channels;
      const int y =
          oy * S::kStrideH - S::kPadTop + tap / S::kFilterW * S::kDilationH;
      const int x =
          ox * S::kStrideW - S::kPadLeft + tap % S::kFilterW * S::kDilationW;
      if (y >= 0 && y < S::kInH && x >= 0 && x < S::kInW) {
        acc += (in[static_cast<size_t>((y * S::kInW + x) * S::kInC + ic)] -
                S::kInZero) *
               weights[static_cast<size_t>(c * per_filter + i)];
      }
    }
    const ChannelQuant& q = quant[static_cast<size_t>(c)];
    const int32_t shift =
        S::kQuantMode == QuantMode::kFast ? -(q.shift + 1) : q.shift;
    return static_cast<int8_t>(std::clamp(
        Requantize(acc, q.multiplier, shift) + S::kOutZero, S::kMin, S::kMax));
  }

  int per_filter;
  std::vector<int8_t> in, weights, out;
  std::vector<int32_t> bias;
  std::vector<ChannelQuant> quant;
};

// Pairs of channels, word by word: the layout that conv_s8.h describes.
template <class S>
std::vector<uint32_t> PackConv(const std::vector<int8_t>& weights) {
  std::vector<uint8_t> packed;
  constexpr int kRow = S::kFilterW * S::kInC;
  for (int c = 0; c < S::kOutC; c += 2) {
    for (int row = 0; row < S::kFilterH; ++row) {
      for (int at = 0; at < kRow; at += 4) {
        for (int pair = c; pair < std::min(c + 2, S::kOutC); ++pair) {
          for (int i = at; i < at + 4; ++i) {
            packed.push_back(static_cast<uint8_t>(
                i < kRow ? weights[static_cast<size_t>(
                               (pair * S::kFilterH + row) * kRow + i)]
                         : 0));
          }
        }
      }
    }
  }
  std::vector<uint32_t> words(packed.size() / 4);
  std::copy(packed.begin(), packed.end(),
            reinterpret_cast<uint8_t*>(words.data()));
  return words;
}

template <class S>
void CheckConv() {
  Problem<S> problem(false);
  const auto packed = PackConv<S>(problem.weights);
  std::vector<uint32_t> scratch(ConvShape<S>::kScratchBytes / 4 + 1);
  Conv2d<S>(problem.in.data(), problem.out.data(),
            reinterpret_cast<const uint8_t*>(packed.data()),
            problem.quant.data(), reinterpret_cast<uint8_t*>(scratch.data()));
  EXPECT_EQ(problem.out, problem.Expected(false));
}

TEST(Conv, EveryPathIsTheDefinition) {
  CheckConv<Shape<5, 3, 4, 3, 2, 0, 1, 1, false>>();
  CheckConv<Shape<5, 3, 5, 3, 1, 1, 1, 1, true>>();
  CheckConv<Shape<6, 8, 6, 1, 1, 0, 0, 1, true>>();
  CheckConv<Shape<1, 17, 3, 1, 1, 0, 0, 1, false>>();
  CheckConv<Shape<9, 2, 4, 3, 1, 2, 2, 2, false>>();  // dilated
  CheckConv<Shape<2, 4, 2, 5, 1, 2, 2, 1, false>>();  // nothing is inner
  CheckConv<Shape<7, 5, 3, 3, 3, 1, 0, 1, true, QuantMode::kFast>>();
}

template <class S>
void CheckDepthwise() {
  Problem<S> problem(true);
  constexpr int kTaps = S::kFilterH * S::kFilterW;
  if constexpr (S::kMultiplier == 1) {
    std::vector<uint32_t> packed((S::kOutC + 3) / 4 * kTaps);
    auto* bytes = reinterpret_cast<int8_t*>(packed.data());
    for (int c = 0; c < S::kOutC; ++c) {
      for (int tap = 0; tap < kTaps; ++tap) {
        bytes[(c / 4 * kTaps + tap) * 4 + c % 4] =
            problem.weights[static_cast<size_t>(c * kTaps + tap)];
      }
    }
    DepthwiseConv2d<S>(problem.in.data(), problem.out.data(),
                       reinterpret_cast<const uint8_t*>(packed.data()),
                       problem.quant.data());
  } else {
    std::vector<uint8_t> plain(problem.weights.size());
    for (int c = 0; c < S::kOutC; ++c) {
      for (int tap = 0; tap < kTaps; ++tap) {
        plain[static_cast<size_t>(tap * S::kOutC + c)] = static_cast<uint8_t>(
            problem.weights[static_cast<size_t>(c * kTaps + tap)]);
      }
    }
    DepthwiseConv2dPlain<S>(problem.in.data(), problem.out.data(), plain.data(),
                            problem.quant.data());
  }
  EXPECT_EQ(problem.out, problem.Expected(true));
}

TEST(Depthwise, EveryPathIsTheDefinition) {
  CheckDepthwise<Shape<6, 8, 8, 3, 1, 1, 1, 1, false>>();
  CheckDepthwise<Shape<7, 6, 6, 3, 2, 0, 1, 1, false, QuantMode::kFast>>();
  CheckDepthwise<Shape<9, 5, 5, 7, 1, 3, 3, 1, false>>();
  CheckDepthwise<Shape<9, 4, 4, 3, 1, 2, 2, 2, false>>();
  CheckDepthwise<Shape<5, 3, 3, 5, 1, 0, 0, 1, false>>();  // no border
  CheckDepthwise<Shape<5, 2, 6, 3, 1, 1, 1, 1, false>>();  // multiplier 3
}

struct PoolShape {
  static constexpr int kInH = 5, kInW = 6, kC = 6, kOutH = 3, kOutW = 3;
  static constexpr int kFilterH = 3, kFilterW = 3;
  static constexpr int kStrideH = 2, kStrideW = 2, kPadTop = 1, kPadLeft = 0;
  static constexpr int kMin = -90, kMax = 90;
};

TEST(Pool, AverageAndMaxLeaveOutsideCellsOut) {
  using S = PoolShape;
  const auto in = RandomBytes(S::kInH * S::kInW * S::kC + 3, 5);
  int8_t average[54];
  int8_t maximum[54];
  AveragePool2d<S>(in.data(), average);
  MaxPool2d<S>(in.data(), maximum);
  for (int i = 0; i < 54; ++i) {
    const int top = i / 18 * 2 - 1;
    const int left = i / 6 % 3 * 2;
    int sum = 0;
    int count = 0;
    int best = -128;
    for (int y = std::max(top, 0); y < std::min(top + 3, S::kInH); ++y) {
      for (int x = left; x < std::min(left + 3, S::kInW); ++x) {
        const int v =
            in[static_cast<size_t>((y * S::kInW + x) * S::kC + i % 6)];
        sum += v;
        best = std::max(best, v);
        ++count;
      }
    }
    const int mean = (sum + (sum > 0 ? 1 : -1) * (count / 2)) / count;
    EXPECT_EQ(average[i], std::clamp(mean, S::kMin, S::kMax)) << i;
    EXPECT_EQ(maximum[i], std::clamp(best, S::kMin, S::kMax)) << i;
  }
}

struct MeanShape {
  static constexpr int kPixels = 300,
                       kC = 5;  // more than one 16-bit lane holds
  static constexpr int kInZero = -128, kOutZero = -128;
  static constexpr int kMultiplier = 1140850688, kShift = -7;
};

TEST(Mean, SumsAreWideEnough) {
  const std::vector<int8_t> in(300 * 5 + 3, 127);
  int8_t out[5];
  Mean<MeanShape>(in.data(), out);
  const int32_t want = Requantize(300 * 255, MeanShape::kMultiplier, -7) - 128;
  for (const int8_t value : out) {
    EXPECT_EQ(value, std::min(want, 127));
  }
}

struct PadShape {
  static constexpr int kIn0 = 1, kIn1 = 2, kIn2 = 2, kIn3 = 2;
  static constexpr int kBefore0 = 0, kBefore1 = 1, kBefore2 = 0, kBefore3 = 0;
  static constexpr int kAfter0 = 0, kAfter1 = 0, kAfter2 = 1, kAfter3 = 1;
  static constexpr int kValue = 7;
};

TEST(Pad, PutsTheValueAround) {
  const int8_t in[8] = {1, 2, 3, 4, 5, 6, -7, -8};
  int8_t out[27];
  Pad<PadShape>(in, out);
  const std::vector<int8_t> want = {7, 7, 7, 7,  7,  7, 7, 7, 7,  //
                                    1, 2, 7, 3,  4,  7, 7, 7, 7,  //
                                    5, 6, 7, -7, -8, 7, 7, 7, 7};
  EXPECT_EQ(std::vector<int8_t>(out, out + 27), want);
}

TEST(Convert, RoundToIntGoesHalfAwayFromZeroAndStaysInRange) {
  EXPECT_EQ(RoundToInt(2.5F), 3);
  EXPECT_EQ(RoundToInt(-2.5F), -3);
  EXPECT_EQ(RoundToInt(-2.4999998F), -2);
  EXPECT_EQ(RoundToInt(0.49999997F), 0);
  EXPECT_EQ(RoundToInt(1e30F), 1048576);
  EXPECT_EQ(RoundToInt(-1e30F), -1048576);
  EXPECT_EQ(RoundToInt(__builtin_nanf("")), 0);
}

}  // namespace
}  // namespace tinyrig::kernels
