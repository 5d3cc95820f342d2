// SOFTMAX over the last dimension, in fixed point: exponentials of the
// difference to the row's maximum, summed in Q12.19, times the sum's
// reciprocal.
#include <algorithm>
#include <bit>

#include "engine/reference/fixed_point.h"
#include "engine/reference/kernels.h"

namespace tinyrig::engine::reference {
namespace {

constexpr int kSumIntegerBits = 12;

/// e^(difference * scale), Q0.31.
int32_t ExpOf(const ir::Softmax& op, int32_t difference) {
  return ExpOfNegative(DoublingHighMul(
      WrappingShiftLeft(difference, op.input_left_shift), op.input_multiplier));
}

void SoftmaxRow(const ir::Softmax& op, const int8_t* from, int32_t depth,
                int8_t* to) {
  const int32_t most = *std::max_element(from, from + depth);
  int32_t sum = 0;
  for (int32_t i = 0; i < depth; ++i) {
    const int32_t difference = from[i] - most;
    if (difference >= op.diff_min) {
      sum += RoundingShiftRight(ExpOf(op, difference), kSumIntegerBits);
    }
  }
  // sum = 2^over * (1 + x), x in [0, 1).
  const int headroom = std::countl_zero(static_cast<uint32_t>(sum));
  const int over = kSumIntegerBits - headroom;
  const auto x = static_cast<int32_t>((static_cast<uint32_t>(sum) << headroom) -
                                      (uint32_t{1} << 31));
  const int32_t reciprocal = OneOverOnePlus(x);
  for (int32_t i = 0; i < depth; ++i) {
    const int32_t difference = from[i] - most;
    int32_t value = -128;
    if (difference >= op.diff_min) {
      value += RoundingShiftRight(
          DoublingHighMul(reciprocal, ExpOf(op, difference)), over + 31 - 8);
    }
    to[i] = static_cast<int8_t>(std::clamp(value, -128, 127));
  }
}

}  // namespace

void Run(const ir::Softmax& op, Memory* memory) {
  const ir::Tensor& in = memory->tensor(op.input);
  const int32_t depth = in.dim(-1);
  const int8_t* from = memory->Int8(op.input);
  int8_t* to = memory->MutableInt8(op.output);
  for (int64_t at = 0; at < in.elements(); at += depth) {
    SoftmaxRow(op, from + at, depth, to + at);
  }
}

}  // namespace tinyrig::engine::reference
