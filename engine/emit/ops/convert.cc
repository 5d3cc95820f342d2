// QUANTIZE and DEQUANTIZE.
#include "absl/strings/str_cat.h"

#include "engine/emit/ops/common.h"

namespace tinyrig::engine::emit {
namespace {

absl::Status WrongTypes(const ir::Op& op) {
  return absl::UnimplementedError(
      absl::StrCat(ir::OpLabel(op),
                   ": types are not supported; wanted float32 "
                   "<-> int8 or uint8, or 8 bits to 8 bits"));
}

void AddRange(ir::DType type, OpCode* code) {
  code->Int("kMin", type == ir::DType::kInt8 ? -128 : 0);
  code->Int("kMax", type == ir::DType::kInt8 ? 127 : 255);
}

}  // namespace

absl::StatusOr<OpCode> Emit(const ir::Graph& graph, const ir::Op& op,
                            const ir::Quantize& quantize,
                            const EmitOptions& /*options*/) {
  const ir::Tensor& in = graph.tensor(quantize.input);
  const ir::Tensor& out = graph.tensor(quantize.output);
  const std::string in_type = ByteType(in.type);
  const std::string out_type = ByteType(out.type);
  const bool is_float = in.type == ir::DType::kFloat32;
  if (out_type.empty() || (in_type.empty() && !is_float)) {
    return WrongTypes(op);
  }
  OpCode code;
  code.header = "convert.h";
  code.Int("kElements", out.elements());
  code.Int("kOutZero", out.quant.zero_point());
  AddRange(out.type, &code);
  code.may_overwrite = {quantize.input};
  if (is_float) {
    code.kernel = "QuantizeFloat";
    code.template_arguments = absl::StrCat(", ", out_type);
    code.Float("kScale", out.quant.scale());
    code.parameters = {{Role::kInput, "const uint8_t*"},
                       {Role::kOutput, absl::StrCat(out_type, "*")}};
    return code;
  }
  code.kernel = "Rescale";
  code.template_arguments = absl::StrCat(", ", in_type, ", ", out_type);
  code.Int("kInZero", in.quant.zero_point());
  code.Int("kMultiplier", quantize.multiplier.multiplier);
  code.Int("kShift", quantize.multiplier.shift);
  code.parameters = {{Role::kInput, absl::StrCat("const ", in_type, "*")},
                     {Role::kOutput, absl::StrCat(out_type, "*")}};
  return code;
}

absl::StatusOr<OpCode> Emit(const ir::Graph& graph, const ir::Op& op,
                            const ir::Dequantize& dequantize,
                            const EmitOptions& /*options*/) {
  const ir::Tensor& in = graph.tensor(dequantize.input);
  const std::string in_type = ByteType(in.type);
  if (in_type.empty() ||
      graph.tensor(dequantize.output).type != ir::DType::kFloat32) {
    return WrongTypes(op);
  }
  OpCode code;
  code.header = "convert.h";
  code.kernel = "Dequantize";
  code.template_arguments = absl::StrCat(", ", in_type);
  code.Int("kElements", in.elements());
  code.Float("kScale", in.quant.scale());
  code.Int("kInZero", in.quant.zero_point());
  code.parameters = {{Role::kInput, absl::StrCat("const ", in_type, "*")},
                     {Role::kOutput, "uint8_t*"}};
  return code;
}

}  // namespace tinyrig::engine::emit
