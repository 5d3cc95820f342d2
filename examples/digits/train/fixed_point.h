// The integer arithmetic of TFLite's int8 reference kernels.
//
// Written apart from engine/ on purpose: two independent readings of the same
// rules, held against each other by digits_test.
#pragma once

#include <cstdint>

namespace tinyrig::digits {

/// value ~ multiplier * 2^(shift - 31), multiplier in [2^30, 2^31).
struct Multiplier {
  int32_t value = 0;
  int shift = 0;
};

Multiplier ToMultiplier(double real);

/// x * real, rounded twice as TFLite does: high half of the doubled product,
/// then the right shift, each to nearest with ties away from zero.
int32_t Multiply(int32_t x, Multiplier by);

/// 2 * a * b / 2^32 to nearest; the one overflow saturates.
int32_t DoublingHighMultiply(int32_t a, int32_t b);

/// x / 2^exponent to nearest, ties away from zero; exponent 0..31.
int32_t RoundingShift(int32_t x, int exponent);

/// exp(x) for x <= 0 given with 26 fraction bits; result has 31.
int32_t ExpOfNegative(int32_t x);

/// 1 / (1 + x) for x in [0, 1), both with 31 fraction bits.
int32_t OneOverOnePlus(int32_t x);

}  // namespace tinyrig::digits
