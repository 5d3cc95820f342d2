// FULLY_CONNECTED -> kernels::Conv2d: one pixel per row of the batch.
#include "absl/strings/str_cat.h"

#include "engine/emit/ops/common.h"
#include "engine/emit/weights.h"

namespace tinyrig::engine::emit {

absl::StatusOr<OpCode> Emit(const ir::Graph& graph, const ir::Op& op,
                            const ir::FullyConnected& fc,
                            const EmitOptions& /*options*/) {
  RETURN_IF_ERROR(RequireInt8(graph, op, fc.input));
  RETURN_IF_ERROR(RequireInt8(graph, op, fc.output));
  if (fc.weights_zero_point != 0) {
    return absl::UnimplementedError(
        absl::StrCat(ir::OpLabel(op), ": weights have zero point ",
                     fc.weights_zero_point, ", wanted 0"));
  }
  const ir::Tensor& weights = graph.tensor(fc.weights);
  const int64_t in = weights.dim(-1);
  const int64_t out = weights.dim(-2);
  const int64_t batch = graph.tensor(fc.input).elements() / in;
  OpCode code;
  code.header = "conv_s8.h";
  code.kernel = "Conv2d";
  for (const char* name : {"kInH", "kOutH", "kFilterH", "kFilterW", "kStrideH",
                           "kStrideW", "kDilationH", "kDilationW"}) {
    code.Int(name, 1);
  }
  code.Int("kInW", batch);
  code.Int("kOutW", batch);
  code.Int("kInC", in);
  code.Int("kOutC", out);
  code.Int("kPadTop", 0);
  code.Int("kPadLeft", 0);
  code.Int("kInZero", graph.tensor(fc.input).quant.zero_point());
  code.Int("kOutZero", graph.tensor(fc.output).quant.zero_point());
  AddClamp(fc.clamp, &code);
  AddChannelQuant({weights.data, in, in, 1}, BiasOf(graph, fc.bias),
                  fc.multipliers, graph.tensor(fc.input).quant.zero_point(),
                  &code);
  code.Bool("kExpand", false);
  code.weights = PackConvWeights(weights.data, out, 1, in);
  UseInOutWeights(&code);
  code.parameters.push_back({Role::kScratch, "uint8_t*"});
  return code;
}

}  // namespace tinyrig::engine::emit
