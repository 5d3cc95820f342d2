// ADD, PAD, QUANTIZE, DEQUANTIZE.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/reference/fixed_point.h"
#include "engine/reference/kernels.h"

namespace tinyrig::engine::reference {
namespace {

/// An 8-bit value of either type.
int32_t ByteValue(ir::DType type, uint8_t byte) {
  return type == ir::DType::kUint8 ? int32_t{byte}
                                   : int32_t{static_cast<int8_t>(byte)};
}

/// Saturates to the type's range.
uint8_t ToByte(ir::DType type, int64_t value) {
  const int64_t low = type == ir::DType::kUint8 ? 0 : -128;
  return static_cast<uint8_t>(std::clamp<int64_t>(value, low, low + 255));
}

/// round(real / scale) + zero point; NaN becomes the zero point.
uint8_t QuantizeFloat(const ir::Tensor& out, float real) {
  const float steps = std::round(real / out.quant.scale());
  constexpr float kFar = 1e6F;  // beyond every zero point and range
  const float bounded =
      std::isnan(steps) ? 0.0F : std::clamp(steps, -kFar, kFar);
  return ToByte(out.type,
                static_cast<int64_t>(bounded) + out.quant.zero_point());
}

}  // namespace

void Run(const ir::Add& op, Memory* memory) {
  const int32_t zero1 = memory->tensor(op.input1).quant.zero_point();
  const int32_t zero2 = memory->tensor(op.input2).quant.zero_point();
  const ir::Tensor& out = memory->tensor(op.output);
  const int8_t* in1 = memory->Int8(op.input1);
  const int8_t* in2 = memory->Int8(op.input2);
  int8_t* to = memory->MutableInt8(op.output);
  for (int64_t i = 0; i < out.elements(); ++i) {
    const int32_t a =
        Multiply((in1[i] - zero1) * (1 << op.left_shift), op.multiplier1);
    const int32_t b =
        Multiply((in2[i] - zero2) * (1 << op.left_shift), op.multiplier2);
    const int32_t value = WrappingAdd(
        Multiply(WrappingAdd(a, b), op.multiplier_out), out.quant.zero_point());
    to[i] = static_cast<int8_t>(std::clamp(value, op.clamp.min, op.clamp.max));
  }
}

void Run(const ir::Pad& op, Memory* memory) {
  const ir::Tensor& in = memory->tensor(op.input);
  const ir::Tensor& out = memory->tensor(op.output);
  const int8_t* from = memory->Int8(op.input);
  int8_t* to = memory->MutableInt8(op.output);
  const size_t rank = in.shape.size();
  for (int64_t i = 0; i < out.elements(); ++i) {
    // The output's index, last dimension first, to the input's.
    int64_t rest = i;
    int64_t at = 0;
    int64_t step = 1;
    bool inside = true;
    for (size_t d = rank; d-- > 0;) {
      const int64_t index = rest % out.shape[d] - op.paddings[d].first;
      rest /= out.shape[d];
      inside = inside && index >= 0 && index < in.shape[d];
      at += index * step;
      step *= in.shape[d];
    }
    to[i] = inside ? from[at] : static_cast<int8_t>(op.value);
  }
}

void Run(const ir::Quantize& op, Memory* memory) {
  const ir::Tensor& in = memory->tensor(op.input);
  const ir::Tensor& out = memory->tensor(op.output);
  const std::vector<uint8_t>& from = memory->bytes(op.input);
  std::vector<uint8_t>& to = memory->bytes(op.output);
  for (size_t i = 0; i < to.size(); ++i) {
    if (in.type == ir::DType::kFloat32) {
      float real = 0.0F;
      std::memcpy(&real, &from[4 * i], sizeof(real));
      to[i] = QuantizeFloat(out, real);
    } else {
      const int32_t value = ByteValue(in.type, from[i]) - in.quant.zero_point();
      to[i] = ToByte(out.type, int64_t{Multiply(value, op.multiplier)} +
                                   out.quant.zero_point());
    }
  }
}

void Run(const ir::Dequantize& op, Memory* memory) {
  const ir::Tensor& in = memory->tensor(op.input);
  const std::vector<uint8_t>& from = memory->bytes(op.input);
  std::vector<uint8_t>& to = memory->bytes(op.output);
  for (size_t i = 0; i < from.size(); ++i) {
    const float real =
        in.quant.scale() *
        static_cast<float>(ByteValue(in.type, from[i]) - in.quant.zero_point());
    std::memcpy(&to[4 * i], &real, sizeof(real));
  }
}

}  // namespace tinyrig::engine::reference
