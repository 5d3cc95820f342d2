// AVERAGE_POOL_2D, MAX_POOL_2D and MEAN.
#include "engine/emit/ops/common.h"

namespace tinyrig::engine::emit {
namespace {

template <class Pool>
absl::StatusOr<OpCode> EmitPool(const ir::Graph& graph, const ir::Op& op,
                                const Pool& pool, const char* kernel) {
  RETURN_IF_ERROR(RequireImage(graph, op, pool.input));
  RETURN_IF_ERROR(RequireImage(graph, op, pool.output));
  OpCode code;
  code.header = "pool_s8.h";
  code.kernel = kernel;
  AddWindow(graph, pool.input, pool.output, pool.window, &code);
  code.Int("kC", graph.tensor(pool.input).dim(-1));
  AddClamp(pool.clamp, &code);
  UseInOut(&code);
  return code;
}

}  // namespace

absl::StatusOr<OpCode> Emit(const ir::Graph& graph, const ir::Op& op,
                            const ir::AveragePool2d& pool,
                            const EmitOptions& /*options*/) {
  return EmitPool(graph, op, pool, "AveragePool2d");
}

absl::StatusOr<OpCode> Emit(const ir::Graph& graph, const ir::Op& op,
                            const ir::MaxPool2d& pool,
                            const EmitOptions& /*options*/) {
  return EmitPool(graph, op, pool, "MaxPool2d");
}

absl::StatusOr<OpCode> Emit(const ir::Graph& graph, const ir::Op& op,
                            const ir::Mean& mean,
                            const EmitOptions& /*options*/) {
  RETURN_IF_ERROR(RequireImage(graph, op, mean.input));
  RETURN_IF_ERROR(RequireInt8(graph, op, mean.output));
  const ir::Tensor& input = graph.tensor(mean.input);
  OpCode code;
  code.header = "mean_s8.h";
  code.kernel = "Mean";
  code.Int("kPixels", input.dim(-3) * input.dim(-2));
  code.Int("kC", input.dim(-1));
  code.Int("kInZero", input.quant.zero_point());
  code.Int("kOutZero", graph.tensor(mean.output).quant.zero_point());
  code.Int("kMultiplier", mean.multiplier.multiplier);
  code.Int("kShift", mean.multiplier.shift);
  UseInOut(&code);
  return code;
}

}  // namespace tinyrig::engine::emit
