// ADD -> kernels::Add; the sum may lie upon either input.
#include "engine/emit/ops/common.h"

namespace tinyrig::engine::emit {

absl::StatusOr<OpCode> Emit(const ir::Graph& graph, const ir::Op& op,
                            const ir::Add& add,
                            const EmitOptions& /*options*/) {
  RETURN_IF_ERROR(RequireInt8(graph, op, add.input1));
  RETURN_IF_ERROR(RequireInt8(graph, op, add.input2));
  RETURN_IF_ERROR(RequireInt8(graph, op, add.output));
  OpCode code;
  code.header = "add_s8.h";
  code.kernel = "Add";
  code.Int("kElements", graph.tensor(add.output).elements());
  code.Int("kZero1", graph.tensor(add.input1).quant.zero_point());
  code.Int("kZero2", graph.tensor(add.input2).quant.zero_point());
  code.Int("kOutZero", graph.tensor(add.output).quant.zero_point());
  code.Int("kLeftShift", add.left_shift);
  code.Int("kMultiplier1", add.multiplier1.multiplier);
  code.Int("kShift1", add.multiplier1.shift);
  code.Int("kMultiplier2", add.multiplier2.multiplier);
  code.Int("kShift2", add.multiplier2.shift);
  code.Int("kMultiplierOut", add.multiplier_out.multiplier);
  code.Int("kShiftOut", add.multiplier_out.shift);
  AddClamp(add.clamp, &code);
  code.parameters = {{Role::kInput, "const int8_t*"},
                     {Role::kInput2, "const int8_t*"},
                     {Role::kOutput, "int8_t*"}};
  code.may_overwrite = {add.input1, add.input2};
  return code;
}

}  // namespace tinyrig::engine::emit
