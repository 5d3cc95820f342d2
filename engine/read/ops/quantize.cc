// QUANTIZE and DEQUANTIZE: the model's edges, and a change of scale between.
#include "engine/read/ops/ops.h"
#include "engine/read/quantization.h"

namespace tinyrig::engine::read {
namespace {

bool IsByte(ir::DType type) {
  return type == ir::DType::kInt8 || type == ir::DType::kUint8;
}

/// An 8-bit tensor with its one scale, of the same shape as `other`.
absl::Status CheckQuantized(const OpReader& op, int id, int other) {
  const ir::Tensor& t = op.tensor(id);
  if (!IsByte(t.type)) {
    return op.Unsupported(
        absl::StrCat("tensor ", id, " is neither int8 nor uint8"));
  }
  RETURN_IF_ERROR(op.Where(
      base::WithContext(CheckOneScale(t), absl::StrCat("tensor ", id))));
  if (t.shape != op.tensor(other).shape) {
    return op.Invalid(absl::StrCat("shapes ", ShapeText(t), " and ",
                                   ShapeText(op.tensor(other)), " differ"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ir::OpBody> ReadQuantize(OpReader& op) {
  ir::Quantize quantize;
  ASSIGN_OR_RETURN(quantize.input, op.AnyActivation(0));
  ASSIGN_OR_RETURN(quantize.output, op.AnyOutput());
  RETURN_IF_ERROR(CheckQuantized(op, quantize.output, quantize.input));
  const ir::Tensor& in = op.tensor(quantize.input);
  if (in.type == ir::DType::kFloat32) {
    return quantize;
  }
  RETURN_IF_ERROR(CheckQuantized(op, quantize.input, quantize.output));
  const auto m = QuantizeMultiplier(
      static_cast<double>(in.quant.scale()) /
      static_cast<double>(op.tensor(quantize.output).quant.scale()));
  RETURN_IF_ERROR(op.Where(m.status()));
  quantize.multiplier = *m;
  return quantize;
}

absl::StatusOr<ir::OpBody> ReadDequantize(OpReader& op) {
  ir::Dequantize dequantize;
  ASSIGN_OR_RETURN(dequantize.input, op.AnyActivation(0));
  ASSIGN_OR_RETURN(dequantize.output, op.AnyOutput());
  RETURN_IF_ERROR(CheckQuantized(op, dequantize.input, dequantize.output));
  if (op.tensor(dequantize.output).type != ir::DType::kFloat32) {
    return op.Unsupported("output is not float32");
  }
  return dequantize;
}

}  // namespace tinyrig::engine::read
