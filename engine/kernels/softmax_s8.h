// SOFTMAX over the last dim, int8 to int8, in integers only.
//
// Fixed-point numbers are written Qi: i integer bits, 31 - i fraction bits.
// Constants are round(value * 2^(31 - i)).
// Sources: TFLite's softmax.h, gemmlowp's fixedpoint.h (the algorithm).
//
// S: kRows kDepth, kInputMultiplier kInputLeftShift kDiffMin.
#ifndef TINYRIG_ENGINE_KERNELS_SOFTMAX_S8_H_
#define TINYRIG_ENGINE_KERNELS_SOFTMAX_S8_H_

#include "engine/kernels/quant.h"

namespace tinyrig::kernels {

TINYRIG_INLINE int32_t ShiftLeftSaturated(int32_t x, int by) {
  const int32_t limit = INT32_MAX >> by;
  if (x > limit) {
    return INT32_MAX;
  }
  return x < -limit ? INT32_MIN : ShiftLeftWrapped(x, by);
}

/// exp(a) for a in [-1/4, 0), Q0 to Q0: a Taylor polynomial around -1/8.
TINYRIG_INLINE int32_t ExpNearZero(int32_t a) {
  constexpr int32_t kExpOfMinusEighth = 1895147668;
  constexpr int32_t kThird = 715827883;
  const int32_t x = a + (INT32_C(1) << 28);
  const int32_t x2 = DoublingHighMul(x, x);
  const int32_t x3 = DoublingHighMul(x2, x);
  const int32_t x4 = DoublingHighMul(x2, x2);
  const int32_t quarter = RoundingShift(x4, 2);
  const int32_t tail =
      RoundingShift(DoublingHighMul(quarter + x3, kThird) + x2, 1);
  return kExpOfMinusEighth + DoublingHighMul(kExpOfMinusEighth, x + tail);
}

/// exp(a) for a <= 0, Q5 to Q0: exp of a modulo 1/4, times one constant for
/// each bit of the rest.
TINYRIG_INLINE int32_t ExpOfNegative(int32_t a) {
  constexpr int32_t kQuarter = INT32_C(1) << 24;
  // exp(-1/4), exp(-1/2), exp(-1), ..., exp(-16)
  constexpr int32_t kFactors[] = {1672461947, 1302514674, 790015084, 290630308,
                                  39332535,   720401,     242};
  if (a == 0) {
    return INT32_MAX;
  }
  const int32_t modulo = (a & (kQuarter - 1)) - kQuarter;
  int32_t result = ExpNearZero(ShiftLeftWrapped(modulo, 5));
  const int32_t rest = modulo - a;
  for (int bit = 0; bit < 7; ++bit) {
    if ((rest & (INT32_C(1) << (24 + bit))) != 0) {
      result = DoublingHighMul(result, kFactors[bit]);
    }
  }
  return result;
}

/// 1 / (1 + a) for a in [0, 1), Q0 to Q0: Newton-Raphson, three steps.
TINYRIG_INLINE int32_t ReciprocalOfOnePlus(int32_t a) {
  constexpr int32_t k48Over17 = 1515870810;        // Q2
  constexpr int32_t kMinus32Over17 = -1010580540;  // Q2
  constexpr int32_t kOne = INT32_C(1) << 29;       // Q2
  const auto half =
      static_cast<int32_t>((static_cast<int64_t>(a) + INT32_MAX + 1) / 2);
  int32_t x = k48Over17 + DoublingHighMul(half, kMinus32Over17);
  for (int step = 0; step < 3; ++step) {
    const int32_t rest = kOne - DoublingHighMul(half, x);
    x += ShiftLeftSaturated(DoublingHighMul(x, rest), 2);
  }
  return ShiftLeftSaturated(x, 1);
}

/// `in` minus the row's maximum, as Q5.
template <class S>
TINYRIG_INLINE int32_t ScaledDifference(int32_t diff) {
  return DoublingHighMul(ShiftLeftWrapped(diff, S::kInputLeftShift),
                         S::kInputMultiplier);
}

template <class S>
TINYRIG_INLINE void SoftmaxRow(const int8_t* in, int8_t* out) {
  int32_t max = -128;
  for (int i = 0; i < S::kDepth; ++i) {
    max = in[i] > max ? in[i] : max;
  }
  int32_t sum = 0;  // Q12
  for (int i = 0; i < S::kDepth; ++i) {
    const int32_t diff = in[i] - max;
    if (diff >= S::kDiffMin) {
      sum += RoundingShift(ExpOfNegative(ScaledDifference<S>(diff)), 12);
    }
  }
  const int headroom = __builtin_clz(static_cast<unsigned>(sum));
  const auto fraction = static_cast<int32_t>(
      (static_cast<uint32_t>(sum) << headroom) - (UINT32_C(1) << 31));
  const int32_t scale = ReciprocalOfOnePlus(fraction);
  const int shift = 12 - headroom + 31 - 8;
  for (int i = 0; i < S::kDepth; ++i) {
    const int32_t diff = in[i] - max;
    int32_t y = -128;
    if (diff >= S::kDiffMin) {
      const int32_t e = ExpOfNegative(ScaledDifference<S>(diff));
      y = ClampTo(RoundingShift(DoublingHighMul(scale, e), shift) - 128, -128,
                  127);
    }
    out[i] = static_cast<int8_t>(y);
  }
}

/// in and out [kRows, kDepth]; `out` may be `in`.
template <class S>
TINYRIG_INLINE void Softmax(const int8_t* in, int8_t* out) {
  for (int row = 0; row < S::kRows; ++row) {
    SoftmaxRow<S>(in + row * S::kDepth, out + row * S::kDepth);
  }
}

}  // namespace tinyrig::kernels

#endif  // TINYRIG_ENGINE_KERNELS_SOFTMAX_S8_H_
