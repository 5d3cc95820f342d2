// FP arithmetic, comparison, selection: single and double by one template.
#include "emulator/cpu/condition.h"
#include "emulator/cpu/exec.h"
#include "emulator/cpu/fp.h"

namespace tinyrig::emulator {
namespace {

template <typename T>
T Multiply(Cpu& cpu, T a, T b) {
  return Output<T>(cpu, a * b, a, b);
}

template <typename T>
T Add(Cpu& cpu, T a, T b) {
  return Output<T>(cpu, a + b, a, b);
}

template <typename T>
T Fused(Cpu& cpu, T addend, T a, T b) {
  T result;
  if constexpr (sizeof(T) == 4) {
    result = __builtin_fmaf(a, b, addend);
  } else {
    result = __builtin_fma(a, b, addend);
  }
  const auto bits = std::bit_cast<BitsOf<T>>(result);
  if (TINYRIG_LIKELY(!IsNan<T>(bits))) {
    return Output<T>(cpu, result, a, b);
  }
  const bool undefined_product =
      (std::isinf(a) && b == T{0}) || (a == T{0} && std::isinf(b));
  if (undefined_product) {  // even when the addend is a quiet NaN
    cpu.fpscr |= kFpInvalid;
    if (!IsSignalling<T>(std::bit_cast<BitsOf<T>>(addend))) {
      return std::bit_cast<T>(kDefaultNan<T>);
    }
  }
  return NanResult<T>(cpu, addend, a, b);
}

template <typename T>
T MinMaxNumber(Cpu& cpu, T a, T b, bool maximum) {
  const auto x = std::bit_cast<BitsOf<T>>(a);
  const auto y = std::bit_cast<BitsOf<T>>(b);
  if (IsSignalling<T>(x) || IsSignalling<T>(y)) {
    cpu.fpscr |= kFpInvalid;
    return NanResult<T>(cpu, a, b);
  }
  if (IsNan<T>(x) && IsNan<T>(y)) {
    return NanResult<T>(cpu, a, b);
  }
  if (IsNan<T>(x)) {
    return b;
  }
  if (IsNan<T>(y)) {
    return a;
  }
  if (a == b) {  // zeros of both signs
    return std::bit_cast<T>(maximum ? x & y : x | y);
  }
  return (a > b) == maximum ? a : b;
}

template <typename T, FpOp K>
T Compute(Cpu& cpu, T d, T n, T m) {
  switch (K) {
    case FpOp::kMla:
      return Add<T>(cpu, d, Multiply<T>(cpu, n, m));
    case FpOp::kMls:
      return Add<T>(cpu, d, Negated<T>(Multiply<T>(cpu, n, m)));
    case FpOp::kNmls:
      return Add<T>(cpu, Negated<T>(d), Multiply<T>(cpu, n, m));
    case FpOp::kNmla:
      return Add<T>(cpu, Negated<T>(d), Negated<T>(Multiply<T>(cpu, n, m)));
    case FpOp::kMul:
      return Multiply<T>(cpu, n, m);
    case FpOp::kNmul:
      return Negated<T>(Multiply<T>(cpu, n, m));
    case FpOp::kAdd:
      return Add<T>(cpu, n, m);
    case FpOp::kSub:
      return Output<T>(cpu, n - m, n, m);
    case FpOp::kDiv:
      return Output<T>(cpu, n / m, n, m);
    case FpOp::kFma:
      return Fused<T>(cpu, d, n, m);
    case FpOp::kFms:
      return Fused<T>(cpu, d, Negated<T>(n), m);
    case FpOp::kFnms:
      return Fused<T>(cpu, Negated<T>(d), n, m);
    case FpOp::kFnma:
      return Fused<T>(cpu, Negated<T>(d), Negated<T>(n), m);
    case FpOp::kMinNm:
      return MinMaxNumber<T>(cpu, n, m, false);
    case FpOp::kMaxNm:
      return MinMaxNumber<T>(cpu, n, m, true);
    default:
      return m;
  }
}

constexpr bool ReadsDestination(FpOp op) {
  return op == FpOp::kMla || op == FpOp::kMls || op == FpOp::kNmls ||
         op == FpOp::kNmla || (op >= FpOp::kFma && op <= FpOp::kFnma);
}

template <typename T, FpOp K>
const Op* Arithmetic(Cpu& cpu, const Op* op) {
  if (!FpReady(cpu)) {
    return NoCoprocessor(cpu, op);
  }
  const T n = Input<T>(cpu, GetFp<T>(cpu, op->rn));
  const T m = Input<T>(cpu, GetFp<T>(cpu, op->rm));
  T d{};
  if constexpr (ReadsDestination(K)) {
    d = Input<T>(cpu, GetFp<T>(cpu, op->rd));
  }
  PutFp<T>(cpu, op->rd, Compute<T, K>(cpu, d, n, m));
  return Next(op);
}

template <typename T, FpOp K>
const Op* Unary(Cpu& cpu, const Op* op) {
  if (!FpReady(cpu)) {
    return NoCoprocessor(cpu, op);
  }
  BitsOf<T> bits = GetBits<T>(cpu, op->rm);
  if constexpr (K == FpOp::kAbs) {
    bits &= ~kSignBit<T>;
  } else if constexpr (K == FpOp::kNeg) {
    bits ^= kSignBit<T>;
  } else if constexpr (K == FpOp::kSqrt) {
    const T value = Input<T>(cpu, std::bit_cast<T>(bits));
    bits = std::bit_cast<BitsOf<T>>(
        Output<T>(cpu, std::sqrt(value), value, value));
  }
  PutBits<T>(cpu, op->rd, bits);
  return Next(op);
}

template <typename T>
Handler Select(FpOp op) {
  switch (op) {
    case FpOp::kMla:
      return Arithmetic<T, FpOp::kMla>;
    case FpOp::kMls:
      return Arithmetic<T, FpOp::kMls>;
    case FpOp::kNmls:
      return Arithmetic<T, FpOp::kNmls>;
    case FpOp::kNmla:
      return Arithmetic<T, FpOp::kNmla>;
    case FpOp::kMul:
      return Arithmetic<T, FpOp::kMul>;
    case FpOp::kNmul:
      return Arithmetic<T, FpOp::kNmul>;
    case FpOp::kAdd:
      return Arithmetic<T, FpOp::kAdd>;
    case FpOp::kSub:
      return Arithmetic<T, FpOp::kSub>;
    case FpOp::kDiv:
      return Arithmetic<T, FpOp::kDiv>;
    case FpOp::kFma:
      return Arithmetic<T, FpOp::kFma>;
    case FpOp::kFms:
      return Arithmetic<T, FpOp::kFms>;
    case FpOp::kFnms:
      return Arithmetic<T, FpOp::kFnms>;
    case FpOp::kFnma:
      return Arithmetic<T, FpOp::kFnma>;
    case FpOp::kMinNm:
      return Arithmetic<T, FpOp::kMinNm>;
    case FpOp::kMaxNm:
      return Arithmetic<T, FpOp::kMaxNm>;
    case FpOp::kAbs:
      return Unary<T, FpOp::kAbs>;
    case FpOp::kNeg:
      return Unary<T, FpOp::kNeg>;
    case FpOp::kSqrt:
      return Unary<T, FpOp::kSqrt>;
    default:
      return Unary<T, FpOp::kMove>;
  }
}

template <typename T, bool Zero, bool Signal>
const Op* Compare(Cpu& cpu, const Op* op) {
  if (!FpReady(cpu)) {
    return NoCoprocessor(cpu, op);
  }
  const T a = Input<T>(cpu, GetFp<T>(cpu, op->rd));
  const T b = Zero ? T{0} : Input<T>(cpu, GetFp<T>(cpu, op->rm));
  const auto x = std::bit_cast<BitsOf<T>>(a);
  const auto y = std::bit_cast<BitsOf<T>>(b);
  uint32_t flags = 0;
  if (IsNan<T>(x) || IsNan<T>(y)) {
    flags = 3;
    if (Signal || IsSignalling<T>(x) || IsSignalling<T>(y)) {
      cpu.fpscr |= kFpInvalid;
    }
  } else {
    flags = a == b ? 6 : a < b ? 8 : 2;
  }
  cpu.fpscr = (cpu.fpscr & 0x0FFFFFFF) | flags << 28;
  return Next(op);
}

template <typename T>
const Op* SelectOp(Cpu& cpu, const Op* op) {
  if (!FpReady(cpu)) {
    return NoCoprocessor(cpu, op);
  }
  const unsigned from = Passes(cpu, op->imm) ? op->rn : op->rm;
  PutBits<T>(cpu, op->rd, GetBits<T>(cpu, from));
  return Next(op);
}

template <typename T>
Handler CompareOf(bool zero, bool signal) {
  if (zero) {
    return signal ? Compare<T, true, true> : Compare<T, true, false>;
  }
  return signal ? Compare<T, false, true> : Compare<T, false, false>;
}

}  // namespace

Handler FpArithmetic(FpOp op, bool is_double) {
  return is_double ? Select<double>(op) : Select<float>(op);
}

Handler FpCompare(bool zero, bool signal, bool is_double) {
  return is_double ? CompareOf<double>(zero, signal)
                   : CompareOf<float>(zero, signal);
}

Handler FpSelect(bool is_double) {
  return is_double ? SelectOp<double> : SelectOp<float>;
}

}  // namespace tinyrig::emulator
