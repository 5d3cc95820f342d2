// The integer arithmetic that TFLite's int8 kernels are defined by.
// Two roundings: a doubling high multiply (half away from zero), then a
// rounding right shift (half away from zero). Where TFLite would overflow an
// int32, this wraps, so that no input is undefined behaviour. Source of the
// scheme: Jacob et al. 2018 (arXiv:1712.05877), section 2.2.
#pragma once

#include <cstdint>
#include <limits>

#include "engine/ir/op.h"

namespace tinyrig::engine::reference {

/// round(a * b / 2^31); the one overflow (both INT32_MIN) saturates.
inline int32_t DoublingHighMul(int32_t a, int32_t b) {
  if (a == b && a == std::numeric_limits<int32_t>::min()) {
    return std::numeric_limits<int32_t>::max();
  }
  const int64_t product = int64_t{a} * b;
  const int64_t nudge = product >= 0 ? (1 << 30) : 1 - (1 << 30);
  return static_cast<int32_t>((product + nudge) / (int64_t{1} << 31));
}

/// round(x / 2^exponent), exponent 0..31.
inline int32_t RoundingShiftRight(int32_t x, int exponent) {
  const auto mask = static_cast<int32_t>((int64_t{1} << exponent) - 1);
  const int32_t remainder = x & mask;
  const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

/// x * 2^shift modulo 2^32, shift 0..31.
inline int32_t WrappingShiftLeft(int32_t x, int shift) {
  return static_cast<int32_t>(static_cast<uint32_t>(x) << shift);
}

/// a + b modulo 2^32.
inline int32_t WrappingAdd(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) +
                              static_cast<uint32_t>(b));
}

/// x times the multiplier's value.
inline int32_t Multiply(int32_t x, const ir::Multiplier& m) {
  const int left = m.shift > 0 ? m.shift : 0;
  const int right = m.shift > 0 ? 0 : -m.shift;
  return RoundingShiftRight(
      DoublingHighMul(WrappingShiftLeft(x, left), m.multiplier), right);
}

/// e^x for x <= 0: x is Q5.26, the result Q0.31 (1.0 is INT32_MAX).
int32_t ExpOfNegative(int32_t x);

/// 1 / (1 + x) for x in [0, 1), both Q0.31.
int32_t OneOverOnePlus(int32_t x);

}  // namespace tinyrig::engine::reference
