#include "engine/reference/fixed_point.h"

#include <cmath>

#include <gtest/gtest.h>

namespace tinyrig::engine::reference {
namespace {

TEST(FixedPoint, HighMulRoundsHalfAwayFromZero) {
  EXPECT_EQ(DoublingHighMul(1, 1 << 30), 1);    // 0.5
  EXPECT_EQ(DoublingHighMul(-1, 1 << 30), 0);   // -0.5 goes up, as in TFLite
  EXPECT_EQ(DoublingHighMul(3, 1 << 30), 2);    // 1.5
  EXPECT_EQ(DoublingHighMul(-3, 1 << 30), -1);  // -1.5
  EXPECT_EQ(DoublingHighMul(INT32_MIN, INT32_MIN), INT32_MAX);
}

TEST(FixedPoint, ShiftRightRoundsHalfAwayFromZero) {
  EXPECT_EQ(RoundingShiftRight(5, 1), 3);
  EXPECT_EQ(RoundingShiftRight(-5, 1), -3);
  EXPECT_EQ(RoundingShiftRight(-4, 1), -2);
  EXPECT_EQ(RoundingShiftRight(7, 0), 7);
  EXPECT_EQ(RoundingShiftRight(INT32_MIN, 31), -1);
}

TEST(FixedPoint, MultiplyHasTheValueOfItsMultiplier) {
  EXPECT_EQ(Multiply(1000, {1 << 30, 1}), 1000);
  EXPECT_EQ(Multiply(1000, {1 << 30, -1}), 250);
  EXPECT_EQ(Multiply(1000, {-(1 << 30), 0}), -500);
  EXPECT_EQ(Multiply(1000, {1 << 30, 4}), 8000);
}

TEST(FixedPoint, ExpIsCloseToTheRealOne) {
  for (int32_t x = 0; x > -(1 << 30); x -= 7654321) {
    const double real = std::exp(x / 67108864.0);
    EXPECT_NEAR(ExpOfNegative(x) / 2147483648.0, real, 2e-7) << x;
  }
}

TEST(FixedPoint, ReciprocalIsCloseToTheRealOne) {
  for (int64_t x = 0; x < INT32_MAX; x += 98765432) {
    const double real = 1.0 / (1.0 + static_cast<double>(x) / 2147483648.0);
    EXPECT_NEAR(OneOverOnePlus(static_cast<int32_t>(x)) / 2147483648.0, real,
                1e-7)
        << x;
  }
}

}  // namespace
}  // namespace tinyrig::engine::reference
