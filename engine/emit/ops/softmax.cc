// SOFTMAX -> kernels::Softmax, which may work in place.
#include "engine/emit/ops/common.h"

namespace tinyrig::engine::emit {

absl::StatusOr<OpCode> Emit(const ir::Graph& graph, const ir::Op& op,
                            const ir::Softmax& softmax,
                            const EmitOptions& /*options*/) {
  RETURN_IF_ERROR(RequireInt8(graph, op, softmax.input));
  RETURN_IF_ERROR(RequireInt8(graph, op, softmax.output));
  const ir::Tensor& input = graph.tensor(softmax.input);
  OpCode code;
  code.header = "softmax_s8.h";
  code.kernel = "Softmax";
  code.Int("kRows", input.elements() / input.dim(-1));
  code.Int("kDepth", input.dim(-1));
  code.Int("kInputMultiplier", softmax.input_multiplier);
  code.Int("kInputLeftShift", softmax.input_left_shift);
  code.Int("kDiffMin", softmax.diff_min);
  UseInOut(&code);
  code.may_overwrite = {softmax.input};
  return code;
}

}  // namespace tinyrig::engine::emit
