#include "examples/digits/train/fixed_point.h"

#include <cmath>
#include <limits>

namespace tinyrig::digits {
namespace {

constexpr int32_t kMax = std::numeric_limits<int32_t>::max();
constexpr int32_t kMin = std::numeric_limits<int32_t>::min();

int32_t Saturate(int64_t x) {
  return static_cast<int32_t>(x > kMax ? kMax : x < kMin ? kMin : x);
}

// exp(a) for a in [-1/4, 0), 31 fraction bits: Taylor's series around -1/8 to
// the fourth power, in the order of operations of the reference.
int32_t ExpOnQuarter(int32_t a) {
  constexpr int32_t kExpOfMinusEighth = 1895147668;
  constexpr int32_t kThird = 715827883;
  const int32_t x = a + (1 << 28);
  const int32_t x2 = DoublingHighMultiply(x, x);
  const int32_t x3 = DoublingHighMultiply(x2, x);
  const int32_t x4 = DoublingHighMultiply(x2, x2);
  const int32_t x4_over_4 = RoundingShift(x4, 2);
  const int32_t tail =
      RoundingShift(DoublingHighMultiply(x4_over_4 + x3, kThird) + x2, 1);
  return Saturate(static_cast<int64_t>(kExpOfMinusEighth) +
                  DoublingHighMultiply(kExpOfMinusEighth, x + tail));
}

}  // namespace

Multiplier ToMultiplier(double real) {
  if (real == 0) {
    return {};
  }
  Multiplier result;
  const double fraction = std::frexp(real, &result.shift);
  auto value = static_cast<int64_t>(std::round(fraction * 0x1p31));
  if (value == int64_t{1} << 31) {
    value /= 2;
    ++result.shift;
  }
  if (result.shift < -31) {
    return {};
  }
  result.value = static_cast<int32_t>(value);
  return result;
}

int32_t DoublingHighMultiply(int32_t a, int32_t b) {
  if (a == kMin && b == kMin) {
    return kMax;
  }
  const int64_t product = static_cast<int64_t>(a) * b;
  const int64_t nudge =
      product >= 0 ? int64_t{1} << 30 : 1 - (int64_t{1} << 30);
  // Division truncates towards zero, a shift would not.
  return static_cast<int32_t>((product + nudge) / (int64_t{1} << 31));
}

int32_t RoundingShift(int32_t x, int exponent) {
  const auto mask = static_cast<int32_t>((int64_t{1} << exponent) - 1);
  const int32_t rest = x & mask;
  const int32_t half = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + (rest > half ? 1 : 0);
}

int32_t Multiply(int32_t x, Multiplier by) {
  const int left = by.shift > 0 ? by.shift : 0;
  const int right = by.shift > 0 ? 0 : -by.shift;
  const auto shifted = static_cast<int32_t>(static_cast<uint32_t>(x)
                                            << static_cast<unsigned>(left));
  return RoundingShift(DoublingHighMultiply(shifted, by.value), right);
}

int32_t ExpOfNegative(int32_t x) {
  if (x == 0) {
    return kMax;
  }
  constexpr int kFractionBits = 26;
  constexpr int32_t kQuarter = 1 << (kFractionBits - 2);
  // x = a - n / 4 with a in [-1/4, 0); n's bits pick the factors below.
  const int32_t a = (x & (kQuarter - 1)) - kQuarter;
  const int32_t rest = a - x;
  int32_t result = ExpOnQuarter(a * (1 << 5));
  constexpr int32_t kFactors[] = {1672461947, 1302514674, 790015084, 290630308,
                                  39332535,   720401,     242};
  // exp(-1/4), exp(-1/2), exp(-1) ... exp(-16)
  for (int i = 0; i < 7; ++i) {
    if ((rest & (kQuarter << i)) != 0) {
      result = DoublingHighMultiply(result, kFactors[i]);
    }
  }
  return result;
}

int32_t OneOverOnePlus(int32_t x) {
  // Newton's method on half the denominator, 29 fraction bits, first guess
  // 48/17 - 32/17 d.
  constexpr int32_t k48Over17 = 1515870810;
  constexpr int32_t kMinus32Over17 = -1010580540;
  const int64_t sum = static_cast<int64_t>(x) + kMax;
  const auto half = static_cast<int32_t>((sum + (sum >= 0 ? 1 : -1)) / 2);
  int32_t guess = k48Over17 + DoublingHighMultiply(half, kMinus32Over17);
  for (int i = 0; i < 3; ++i) {
    const int32_t error = (1 << 29) - DoublingHighMultiply(half, guess);
    const int32_t step = DoublingHighMultiply(guess, error);
    guess += Saturate(static_cast<int64_t>(step) * 4);
  }
  return Saturate(static_cast<int64_t>(guess) * 2);
}

}  // namespace tinyrig::digits
