// The arithmetic against the definitions it stands for, written out plainly.
#include "engine/kernels/quant.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "engine/kernels/softmax_s8.h"

namespace tinyrig::kernels {
namespace {

// gemmlowp's definition: nudge by sign, divide towards zero.
int32_t PlainDoublingHighMul(int32_t a, int32_t b) {
  const int64_t product = static_cast<int64_t>(a) * b;
  const int64_t nudge = product >= 0 ? (1LL << 30) : 1 - (1LL << 30);
  return static_cast<int32_t>((product + nudge) / (1LL << 31));
}

int32_t PlainRoundingShift(int32_t x, int exponent) {
  const int64_t mask = (1LL << exponent) - 1;
  const int64_t remainder = x & mask;
  const int64_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

TEST(Quant, DoublingHighMulIsTheReference) {
  std::mt19937 random(1);
  for (int i = 0; i < 200'000; ++i) {
    const auto a = static_cast<int32_t>(random() >> (random() % 32));
    const auto b = static_cast<int32_t>((random() >> 2) | 0x40000000U);
    ASSERT_EQ(DoublingHighMul(a, b), PlainDoublingHighMul(a, b)) << a;
    ASSERT_EQ(DoublingHighMul(-a, b), PlainDoublingHighMul(-a, b)) << a;
  }
  EXPECT_EQ(DoublingHighMul(INT32_MIN, INT32_MIN), INT32_MAX);
}

TEST(Quant, RoundingShiftGoesHalfAwayFromZero) {
  EXPECT_EQ(RoundingShift(2, 2), 1);
  EXPECT_EQ(RoundingShift(-2, 2), -1);
  EXPECT_EQ(RoundingShift(-1, 2), 0);
  std::mt19937 random(2);
  for (int i = 0; i < 200'000; ++i) {
    const auto x = static_cast<int32_t>(random() >> (random() % 32));
    const int exponent = static_cast<int>(random() % 31);
    ASSERT_EQ(RoundingShift(x, exponent), PlainRoundingShift(x, exponent));
    ASSERT_EQ(RoundingShift(-x, exponent), PlainRoundingShift(-x, exponent));
  }
}

struct Layer {
  static constexpr int kOutZero = -7, kMin = -128, kMax = 127;
};
struct Exact : Layer {
  static constexpr QuantMode kQuantMode = QuantMode::kExact;
};
struct Fast : Layer {
  static constexpr QuantMode kQuantMode = QuantMode::kFast;
};

TEST(Quant, FastModeIsExactWithinItsBound) {
  std::mt19937 random(3);
  for (int i = 0; i < 500'000; ++i) {
    const auto acc = static_cast<int32_t>((random() >> 2) >> (random() % 30)) *
                     (random() % 2 == 0 ? 1 : -1);
    const auto multiplier = static_cast<int32_t>((random() >> 2) | 0x40000000U);
    const int right = 1 + static_cast<int>(random() % 20);
    const ChannelQuant exact{0, multiplier, -right};
    const ChannelQuant fast{0, multiplier, right - 1};
    ASSERT_EQ(ToInt8<Exact>(acc, exact), ToInt8<Fast>(acc, fast)) << acc;
  }
}

TEST(Quant, ExpIsExp) {
  for (int32_t a = 0; a > -(1 << 30); a -= 12'345'677) {
    const double want = std::exp(a / static_cast<double>(1 << 26));
    EXPECT_NEAR(ExpOfNegative(a) / 2147483648.0, want, 1e-6) << a;
  }
}

TEST(Quant, ReciprocalIsReciprocal) {
  for (int64_t a = 0; a < INT32_MAX; a += 7'654'321) {
    const double want = 1.0 / (1.0 + static_cast<double>(a) / 2147483648.0);
    EXPECT_NEAR(ReciprocalOfOnePlus(static_cast<int32_t>(a)) / 2147483648.0,
                want, 1e-6);
  }
}

TEST(Simd, TwinsDoWhatTheirInstructionsDo) {
  EXPECT_EQ(ExtendEven(0x80FF7F01U), 0xFFFF0001U);
  EXPECT_EQ(ExtendOdd(0x80FF7F01U), 0xFF80007FU);
  EXPECT_EQ(MulAddPair(0xFFFF0002U, 0x00030004U, 10), 15);
  EXPECT_EQ(MulAddLow(0xFFFF0002U, 0x00030004U, 10), 18);
  EXPECT_EQ(MulAddHigh(0xFFFF0002U, 0x00030004U, 10), 7);
  EXPECT_EQ(AddHalves(0xFFFF8000U, 0x00028000U), 0x00010000U);
  EXPECT_EQ(MulHighRounded(1 << 30, 2), 1);
  EXPECT_EQ(HalveToInt8(1000), 127);
  EXPECT_EQ(HalveToInt8(-3), -2);
}

}  // namespace
}  // namespace tinyrig::kernels
