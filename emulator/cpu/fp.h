// Shared by the FP handlers: register access, NaN rules, flush-to-zero, and
// the check that every FP instruction begins with.
//
// Arithmetic runs on the host's FPU in the guest's rounding mode; the host's
// cumulative flags are the guest's until someone reads them (fpu_env.cc).
// What hosts disagree on is done by hand: NaN results, flush-to-zero,
// conversions to integers.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "emulator/cpu/memory.h"

namespace tinyrig::emulator {

constexpr uint32_t kFpInvalid = 1u << 0;
constexpr uint32_t kFpDivideByZero = 1u << 1;
constexpr uint32_t kFpOverflow = 1u << 2;
constexpr uint32_t kFpUnderflow = 1u << 3;
constexpr uint32_t kFpInexact = 1u << 4;
constexpr uint32_t kFpInputDenormal = 1u << 7;
constexpr uint32_t kFpRoundingMask = 3u << 22;
constexpr uint32_t kFpFlushToZero = 1u << 24;
constexpr uint32_t kFpDefaultNan = 1u << 25;
constexpr uint32_t kFpAlternativeHalf = 1u << 26;

template <typename T>
using BitsOf = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;

template <typename T>
constexpr BitsOf<T> kSignBit = BitsOf<T>{1} << (sizeof(T) * 8 - 1);
template <typename T>
constexpr int kFractionBits = sizeof(T) == 4 ? 23 : 52;
template <typename T>
constexpr BitsOf<T> kInfinityBits = static_cast<BitsOf<T>>(
    ~((BitsOf<T>{1} << kFractionBits<T>)-1) & ~kSignBit<T>);
template <typename T>
constexpr BitsOf<T> kQuietBit = BitsOf<T>{1} << (kFractionBits<T> - 1);
template <typename T>
constexpr BitsOf<T> kDefaultNan = kInfinityBits<T> | kQuietBit<T>;

/// There are sixteen D registers; D16 to D31 (UNPREDICTABLE) name them again.
inline size_t FirstHalf(unsigned double_register) {
  return size_t{2} * (double_register & 15);
}

template <typename T>
inline BitsOf<T> GetBits(const Cpu& cpu, unsigned reg) {
  if constexpr (sizeof(T) == 4) {
    return cpu.s[reg];
  } else {
    const size_t low = FirstHalf(reg);
    return uint64_t{cpu.s[low + 1]} << 32 | cpu.s[low];
  }
}

template <typename T>
inline void PutBits(Cpu& cpu, unsigned reg, BitsOf<T> bits) {
  if constexpr (sizeof(T) == 4) {
    cpu.s[reg] = bits;
  } else {
    const size_t low = FirstHalf(reg);
    cpu.s[low] = static_cast<uint32_t>(bits);
    cpu.s[low + 1] = static_cast<uint32_t>(bits >> 32);
  }
}

template <typename T>
inline T GetFp(const Cpu& cpu, unsigned reg) {
  return std::bit_cast<T>(GetBits<T>(cpu, reg));
}

template <typename T>
inline void PutFp(Cpu& cpu, unsigned reg, T value) {
  PutBits<T>(cpu, reg, std::bit_cast<BitsOf<T>>(value));
}

template <typename T>
inline bool IsNan(BitsOf<T> bits) {
  return (bits & ~kSignBit<T>) > kInfinityBits<T>;
}
template <typename T>
inline bool IsSignalling(BitsOf<T> bits) {
  return IsNan<T>(bits) && (bits & kQuietBit<T>) == 0;
}
template <typename T>
inline bool IsDenormal(BitsOf<T> bits) {
  const BitsOf<T> magnitude = bits & ~kSignBit<T>;
  return magnitude != 0 && magnitude < (BitsOf<T>{1} << kFractionBits<T>);
}

template <typename T>
inline T Negated(T value) {
  return std::bit_cast<T>(std::bit_cast<BitsOf<T>>(value) ^ kSignBit<T>);
}

/// An operand, flushed when FPSCR.FZ says so.
template <typename T>
[[gnu::always_inline]] inline T Input(Cpu& cpu, T value) {
  if (!TINYRIG_LIKELY((cpu.fpscr & kFpFlushToZero) == 0)) {
    const auto bits = std::bit_cast<BitsOf<T>>(value);
    if (IsDenormal<T>(bits)) {
      cpu.fpscr |= kFpInputDenormal;
      return std::bit_cast<T>(bits & kSignBit<T>);
    }
  }
  return value;
}

/// The NaN that the architecture gives for operands in priority order; the
/// default NaN when none of them is one.
template <typename T>
T NanResult(const Cpu& cpu, T a, T b, T third = T{}) {
  const BitsOf<T> operands[] = {std::bit_cast<BitsOf<T>>(a),
                                std::bit_cast<BitsOf<T>>(b),
                                std::bit_cast<BitsOf<T>>(third)};
  if ((cpu.fpscr & kFpDefaultNan) == 0) {
    for (const BitsOf<T> bits : operands) {
      if (IsSignalling<T>(bits)) {
        return std::bit_cast<T>(bits | kQuietBit<T>);
      }
    }
    for (const BitsOf<T> bits : operands) {
      if (IsNan<T>(bits)) {
        return std::bit_cast<T>(bits);
      }
    }
  }
  return std::bit_cast<T>(kDefaultNan<T>);
}

/// A result of host arithmetic, made what the architecture says.
template <typename T>
[[gnu::always_inline]] inline T Output(Cpu& cpu, T result, T a, T b,
                                       T third = T{}) {
  const auto bits = std::bit_cast<BitsOf<T>>(result);
  if (!TINYRIG_LIKELY(!IsNan<T>(bits))) {
    return NanResult<T>(cpu, a, b, third);
  }
  if (!TINYRIG_LIKELY((cpu.fpscr & kFpFlushToZero) == 0) &&
      IsDenormal<T>(bits)) {
    cpu.fpscr |= kFpUnderflow;
    return std::bit_cast<T>(bits & kSignBit<T>);
  }
  return result;
}

/// Starts a lazily created FP context; false: no access (NOCP).
bool ActivateFp(Cpu& cpu);

/// What every FP instruction checks first.
[[gnu::always_inline]] inline bool FpReady(Cpu& cpu) {
  if (TINYRIG_LIKELY(cpu.fp_enabled && (cpu.control & 4) != 0)) {
    return true;
  }
  return ActivateFp(cpu);
}

}  // namespace tinyrig::emulator
