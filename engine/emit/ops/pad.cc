// PAD and RESHAPE: bytes that move.
#include "absl/strings/str_cat.h"

#include "engine/emit/ops/common.h"

namespace tinyrig::engine::emit {

absl::StatusOr<OpCode> Emit(const ir::Graph& graph, const ir::Op& op,
                            const ir::Pad& pad,
                            const EmitOptions& /*options*/) {
  RETURN_IF_ERROR(RequireInt8(graph, op, pad.input));
  RETURN_IF_ERROR(RequireInt8(graph, op, pad.output));
  const ir::Tensor& input = graph.tensor(pad.input);
  const auto rank = static_cast<int>(pad.paddings.size());
  if (rank > 4) {
    return absl::UnimplementedError(
        absl::StrCat(ir::OpLabel(op), ": pads ", rank, " dims, wanted <= 4"));
  }
  OpCode code;
  code.header = "pad_s8.h";
  code.kernel = "Pad";
  for (int i = 0; i < 4; ++i) {
    const int from = i - (4 - rank);  // dims align at the back
    const auto around = from < 0 ? std::pair<int32_t, int32_t>{0, 0}
                                 : pad.paddings[static_cast<size_t>(from)];
    code.Int(absl::StrCat("kIn", i), input.dim(i - 4));
    code.Int(absl::StrCat("kBefore", i), around.first);
    code.Int(absl::StrCat("kAfter", i), around.second);
  }
  code.Int("kValue", pad.value);
  UseInOut(&code);
  return code;
}

// Passes drop reshapes; one that is left (input to output) is a copy.
absl::StatusOr<OpCode> Emit(const ir::Graph& graph, const ir::Op& /*op*/,
                            const ir::Reshape& reshape,
                            const EmitOptions& /*options*/) {
  OpCode code;
  code.header = "copy.h";
  code.kernel = "Copy";
  code.Int("kBytes", graph.tensor(reshape.output).bytes());
  code.parameters = {{Role::kInput, "const uint8_t*"},
                     {Role::kOutput, "uint8_t*"}};
  code.may_overwrite = {reshape.input};
  return code;
}

}  // namespace tinyrig::engine::emit
