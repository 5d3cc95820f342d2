// FP rounding and conversion to and from integers, fixed point, half and the
// other precision.
#include <algorithm>
#include <cfenv>

#include "emulator/cpu/exec.h"
#include "emulator/cpu/fp.h"

namespace tinyrig::emulator {
namespace {

enum Mode { kAway, kNearest, kPlus, kMinus, kZero, kFpscr, kExact };

// Rounding that leaves the host's flags alone.
template <typename T>
T RoundedTo(T value, uint32_t mode) {
  switch (mode) {
    case kAway:
      return std::round(value);
    case kNearest:
      return static_cast<T>(__builtin_roundeven(value));
    case kPlus:
      return std::ceil(value);
    case kMinus:
      return std::floor(value);
    case kZero:
      return std::trunc(value);
    default:
      return std::nearbyint(value);
  }
}

template <typename T>
const Op* Round(Cpu& cpu, const Op* op) {
  if (!FpReady(cpu)) {
    return NoCoprocessor(cpu, op);
  }
  const T value = Input<T>(cpu, GetFp<T>(cpu, op->rm));
  const auto bits = std::bit_cast<BitsOf<T>>(value);
  if (IsNan<T>(bits)) {
    cpu.fpscr |= IsSignalling<T>(bits) ? kFpInvalid : 0;
    PutFp<T>(cpu, op->rd, NanResult<T>(cpu, value, value));
    return Next(op);
  }
  const T rounded = std::copysign(RoundedTo<T>(value, op->imm), value);
  if (op->imm == kExact && rounded != value) {
    cpu.fpscr |= kFpInexact;
  }
  PutFp<T>(cpu, op->rd, rounded);
  return Next(op);
}

// Saturates; `value` is exact.
uint32_t ToInteger(Cpu& cpu, double value, uint32_t mode, int64_t low,
                   int64_t high) {
  if (std::isnan(value)) {
    cpu.fpscr |= kFpInvalid;
    return 0;
  }
  const double rounded = RoundedTo<double>(value, mode);
  if (rounded < static_cast<double>(low)) {
    cpu.fpscr |= kFpInvalid;
    return static_cast<uint32_t>(low);
  }
  if (rounded > static_cast<double>(high)) {
    cpu.fpscr |= kFpInvalid;
    return static_cast<uint32_t>(high);
  }
  cpu.fpscr |= rounded != value ? kFpInexact : 0;
  return static_cast<uint32_t>(static_cast<int64_t>(rounded));
}

// Widening must not raise Invalid for signalling NaNs on its own.
template <typename T>
double Exactly(T value) {
  if (IsNan<T>(std::bit_cast<BitsOf<T>>(value))) {
    return std::bit_cast<double>(kDefaultNan<double>);
  }
  return static_cast<double>(value);
}

template <typename T>
const Op* Integer(Cpu& cpu, const Op* op) {
  if (!FpReady(cpu)) {
    return NoCoprocessor(cpu, op);
  }
  const double value = Exactly<T>(Input<T>(cpu, GetFp<T>(cpu, op->rm)));
  const bool is_signed = (op->ra & 1) != 0;
  cpu.s[op->rd] =
      ToInteger(cpu, value, op->imm, is_signed ? INT32_MIN : 0,
                is_signed ? int64_t{INT32_MAX} : int64_t{UINT32_MAX});
  return Next(op);
}

template <typename T>
const Op* FromInteger(Cpu& cpu, const Op* op) {
  if (!FpReady(cpu)) {
    return NoCoprocessor(cpu, op);
  }
  const uint32_t bits = cpu.s[op->rm];
  const T value = (op->ra & 1) != 0 ? static_cast<T>(static_cast<int32_t>(bits))
                                    : static_cast<T>(bits);
  PutFp<T>(cpu, op->rd, value);
  return Next(op);
}

// 16-bit results are extended to the register's width.
template <typename T>
const Op* ToFixed(Cpu& cpu, const Op* op) {
  if (!FpReady(cpu)) {
    return NoCoprocessor(cpu, op);
  }
  const bool is_signed = (op->ra & 1) != 0;
  const int width = (op->ra & 2) != 0 ? 32 : 16;
  double value = Exactly<T>(Input<T>(cpu, GetFp<T>(cpu, op->rd)));
  if (!std::isnan(value)) {
    // Far outside every target: keep the scaling itself from overflowing.
    value = std::clamp(value, -0x1p40, 0x1p40);
    value = std::ldexp(value, static_cast<int>(op->imm));
  }
  const int64_t high =
      is_signed ? (int64_t{1} << (width - 1)) - 1 : (int64_t{1} << width) - 1;
  const int64_t low = is_signed ? -high - 1 : 0;
  const uint32_t result = ToInteger(cpu, value, kZero, low, high);
  if constexpr (sizeof(T) == 4) {
    cpu.s[op->rd] = result;
  } else {
    const bool fill = is_signed && (result & 0x80000000u) != 0;
    PutBits<double>(cpu, op->rd, uint64_t{fill ? ~0u : 0u} << 32 | result);
  }
  return Next(op);
}

// Always to nearest.
template <typename T>
const Op* FromFixed(Cpu& cpu, const Op* op) {
  if (!FpReady(cpu)) {
    return NoCoprocessor(cpu, op);
  }
  const auto raw = static_cast<uint32_t>(GetBits<T>(cpu, op->rd));
  int64_t integer = raw;
  switch (op->ra & 3) {
    case 0:
      integer = static_cast<uint16_t>(raw);
      break;
    case 1:
      integer = static_cast<int16_t>(raw);
      break;
    case 3:
      integer = static_cast<int32_t>(raw);
      break;
    default:
      break;
  }
  const double exact =
      std::ldexp(static_cast<double>(integer), -static_cast<int>(op->imm));
  const int mode = std::fegetround();
  std::fesetround(FE_TONEAREST);
  // volatile: the conversion must stay between the two mode changes.
  const volatile double source = exact;
  const volatile T result = static_cast<T>(source);
  std::fesetround(mode);
  PutFp<T>(cpu, op->rd, result);
  return Next(op);
}

// NaN payloads keep their top bits.
uint64_t WidenNan(const Cpu& cpu, uint32_t bits) {
  if ((cpu.fpscr & kFpDefaultNan) != 0) {
    return kDefaultNan<double>;
  }
  return uint64_t{bits & 0x80000000u} << 32 | kDefaultNan<double> |
         uint64_t{bits & 0x3FFFFF} << 29;
}

uint32_t NarrowNan(const Cpu& cpu, uint64_t bits) {
  if ((cpu.fpscr & kFpDefaultNan) != 0) {
    return kDefaultNan<float>;
  }
  return static_cast<uint32_t>(bits >> 32 & 0x80000000u) | kDefaultNan<float> |
         static_cast<uint32_t>(bits >> 29 & 0x3FFFFF);
}

double HalfToDouble(Cpu& cpu, uint32_t half, bool* is_nan) {
  const uint32_t exponent = half >> 10 & 0x1F;
  const uint32_t fraction = half & 0x3FF;
  const double sign = (half & 0x8000) != 0 ? -1.0 : 1.0;
  *is_nan = false;
  if (exponent == 31 && (cpu.fpscr & kFpAlternativeHalf) == 0) {
    *is_nan = fraction != 0;
    return sign * HUGE_VAL;
  }
  if (exponent == 0) {
    return sign * std::ldexp(static_cast<double>(fraction), -24);
  }
  return sign * std::ldexp(static_cast<double>(fraction | 0x400),
                           static_cast<int>(exponent) - 25);
}

template <typename T>
const Op* FromHalf(Cpu& cpu, const Op* op) {
  if (!FpReady(cpu)) {
    return NoCoprocessor(cpu, op);
  }
  const uint32_t half = cpu.s[op->rm] >> (op->imm != 0 ? 16 : 0) & 0xFFFF;
  bool is_nan = false;
  const double value = HalfToDouble(cpu, half, &is_nan);
  if (is_nan) {
    cpu.fpscr |= (half & 0x200) == 0 ? kFpInvalid : 0;
    const uint32_t wide =
        (half & 0x8000) << 16 | (half & 0x3FF) << 13 | kDefaultNan<float>;
    const uint32_t bits =
        (cpu.fpscr & kFpDefaultNan) != 0 ? kDefaultNan<float> : wide;
    if constexpr (sizeof(T) == 4) {
      cpu.s[op->rd] = bits;
    } else {
      PutBits<double>(cpu, op->rd, WidenNan(cpu, bits));
    }
    return Next(op);
  }
  PutFp<T>(cpu, op->rd, static_cast<T>(value));  // exact
  return Next(op);
}

uint32_t HalfOf(Cpu& cpu, double value) {
  const bool alternative = (cpu.fpscr & kFpAlternativeHalf) != 0;
  const uint32_t sign = std::signbit(value) ? 0x8000 : 0;
  const double limit = alternative ? 131008.0 : 65504.0;
  if (std::isinf(value)) {
    cpu.fpscr |= alternative ? kFpInvalid : 0;
    return sign | (alternative ? 0x7FFF : 0x7C00);
  }
  if (value == 0) {
    return sign;
  }
  const int exponent = std::max(std::ilogb(value), -14);
  const double scaled = std::ldexp(value, 10 - exponent);
  const double rounded = std::nearbyint(scaled);
  const double result = std::ldexp(rounded, exponent - 10);
  if (std::fabs(result) > limit) {
    if (alternative) {
      cpu.fpscr |= kFpInvalid;
      return sign | 0x7FFF;
    }
    cpu.fpscr |= kFpOverflow | kFpInexact;
    // Away from zero in this mode, or stuck at the largest number?
    const bool grows = std::nearbyint(sign != 0 ? -0.75 : 0.75) != 0;
    const bool to_nearest = std::nearbyint(sign != 0 ? -0.25 : 0.25) == 0;
    return sign | (grows || !to_nearest ? 0x7C00 : 0x7BFF);
  }
  if (rounded != scaled) {
    cpu.fpscr |= kFpInexact;
    cpu.fpscr |= std::fabs(value) < 0x1p-14 ? kFpUnderflow : 0;
  }
  const auto magnitude = static_cast<uint32_t>(std::fabs(rounded));
  if (magnitude < 0x400) {
    return sign | magnitude;  // denormal
  }
  const int shift = magnitude == 0x800 ? 1 : 0;
  return sign | static_cast<uint32_t>(exponent + 15 + shift) << 10 |
         (magnitude >> shift & 0x3FF);
}

template <typename T>
uint32_t HalfNan(Cpu& cpu, BitsOf<T> bits) {
  cpu.fpscr |= IsSignalling<T>(bits) ? kFpInvalid : 0;
  const uint32_t sign = (bits & kSignBit<T>) != 0 ? 0x8000 : 0;
  if ((cpu.fpscr & kFpAlternativeHalf) != 0) {
    cpu.fpscr |= kFpInvalid;
    return sign;
  }
  if ((cpu.fpscr & kFpDefaultNan) != 0) {
    return 0x7E00;
  }
  return sign | 0x7E00 |
         static_cast<uint32_t>(bits >> (kFractionBits<T> - 10) & 0x1FF);
}

template <typename T>
const Op* ToHalf(Cpu& cpu, const Op* op) {
  if (!FpReady(cpu)) {
    return NoCoprocessor(cpu, op);
  }
  const T value = Input<T>(cpu, GetFp<T>(cpu, op->rm));
  const auto bits = std::bit_cast<BitsOf<T>>(value);
  const uint32_t half =
      IsNan<T>(bits) ? HalfNan<T>(cpu, bits) : HalfOf(cpu, double{value});
  const unsigned shift = op->imm != 0 ? 16 : 0;
  cpu.s[op->rd] = (cpu.s[op->rd] & ~(0xFFFFu << shift)) | half << shift;
  return Next(op);
}

}  // namespace

Handler FpRound(bool is_double) {
  return is_double ? Round<double> : Round<float>;
}
Handler FpToInteger(bool is_double) {
  return is_double ? Integer<double> : Integer<float>;
}
Handler FpFromInteger(bool is_double) {
  return is_double ? FromInteger<double> : FromInteger<float>;
}
Handler FpToFixed(bool is_double) {
  return is_double ? ToFixed<double> : ToFixed<float>;
}
Handler FpFromFixed(bool is_double) {
  return is_double ? FromFixed<double> : FromFixed<float>;
}
Handler FpFromHalf(bool is_double) {
  return is_double ? FromHalf<double> : FromHalf<float>;
}
Handler FpToHalf(bool is_double) {
  return is_double ? ToHalf<double> : ToHalf<float>;
}

const Op* FpSingleToDouble(Cpu& cpu, const Op* op) {
  if (!FpReady(cpu)) {
    return NoCoprocessor(cpu, op);
  }
  const uint32_t bits = cpu.s[op->rm];
  if (IsNan<float>(bits)) {
    cpu.fpscr |= IsSignalling<float>(bits) ? kFpInvalid : 0;
    PutBits<double>(cpu, op->rd, WidenNan(cpu, bits));
    return Next(op);
  }
  const float value = Input<float>(cpu, std::bit_cast<float>(bits));
  PutFp<double>(cpu, op->rd, double{value});
  return Next(op);
}

const Op* FpDoubleToSingle(Cpu& cpu, const Op* op) {
  if (!FpReady(cpu)) {
    return NoCoprocessor(cpu, op);
  }
  const uint64_t bits = GetBits<double>(cpu, op->rm);
  if (IsNan<double>(bits)) {
    cpu.fpscr |= IsSignalling<double>(bits) ? kFpInvalid : 0;
    cpu.s[op->rd] = NarrowNan(cpu, bits);
    return Next(op);
  }
  const double value = Input<double>(cpu, std::bit_cast<double>(bits));
  const auto result = static_cast<float>(value);
  PutFp<float>(cpu, op->rd, Output<float>(cpu, result, result, result));
  return Next(op);
}

}  // namespace tinyrig::emulator
