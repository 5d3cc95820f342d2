#include "engine/reference/fixed_point.h"

#include <algorithm>

namespace tinyrig::engine::reference {
namespace {

constexpr int32_t kOne = std::numeric_limits<int32_t>::max();  ///< Q0.31

/// x * 2^exponent, saturating.
int32_t SaturatingShiftLeft(int32_t x, int exponent) {
  const int64_t wide = int64_t{x} * (int64_t{1} << exponent);
  return static_cast<int32_t>(
      std::clamp<int64_t>(wide, std::numeric_limits<int32_t>::min(), kOne));
}

/// e^x for x in [-1/4, 0), Q0.31: a Taylor polynomial of degree 4 around -1/8.
int32_t ExpNearZero(int32_t x) {
  constexpr int32_t kExpOfMinusEighth = 1895147668;
  constexpr int32_t kOneThird = 715827883;
  const int32_t y = x + (1 << 28);  // x + 1/8
  const int32_t y2 = DoublingHighMul(y, y);
  const int32_t y3 = DoublingHighMul(y2, y);
  const int32_t y4 = DoublingHighMul(y2, y2);
  const int32_t tail = RoundingShiftRight(
      DoublingHighMul(RoundingShiftRight(y4, 2) + y3, kOneThird) + y2, 1);
  return kExpOfMinusEighth + DoublingHighMul(kExpOfMinusEighth, y + tail);
}

}  // namespace

int32_t ExpOfNegative(int32_t x) {
  if (x == 0) {
    return kOne;
  }
  // x = -(multiples of 1/4) + a rest in [-1/4, 0); one factor per bit.
  constexpr int32_t kQuarter = 1 << 24;  // Q5.26
  const int32_t rest = (x & (kQuarter - 1)) - kQuarter;
  int32_t result = ExpNearZero(SaturatingShiftLeft(rest, 5));
  const int32_t multiple = rest - x;
  // e^-(2^k) in Q0.31 for k = -2..4, bit 24 + (k + 2) of Q5.26.
  constexpr int32_t kFactors[] = {1672461947, 1302514674, 790015084, 290630308,
                                  39332535,   720401,     242};
  for (int k = 0; k < 7; ++k) {
    if ((multiple & (1 << (24 + k))) != 0) {
      result = DoublingHighMul(result, kFactors[k]);
    }
  }
  return result;
}

int32_t OneOverOnePlus(int32_t x) {
  // Newton-Raphson on the half denominator d = (1 + x) / 2, in Q2.29.
  constexpr int32_t k48Over17 = 1515870810;
  constexpr int32_t kMinus32Over17 = -1010580540;
  constexpr int32_t kOneQ2 = 1 << 29;
  const auto half = static_cast<int32_t>((int64_t{x} + kOne + 1) / 2);
  int32_t y = k48Over17 + DoublingHighMul(half, kMinus32Over17);
  for (int i = 0; i < 3; ++i) {
    const int32_t error = kOneQ2 - DoublingHighMul(half, y);
    y += SaturatingShiftLeft(DoublingHighMul(y, error), 2);
  }
  return SaturatingShiftLeft(y, 1);
}

}  // namespace tinyrig::engine::reference
