// DEPTHWISE_CONV_2D -> kernels::DepthwiseConv2d, or the plain loop for a depth
// multiplier or a window too big to widen on the stack.
#include "engine/emit/ops/common.h"
#include "engine/emit/weights.h"

namespace tinyrig::engine::emit {

// 8 bytes of stack a tap for weights, 4 for a border window.
constexpr int64_t kMaxTapsOnStack = 128;

absl::StatusOr<OpCode> Emit(const ir::Graph& graph, const ir::Op& op,
                            const ir::DepthwiseConv2d& conv,
                            const EmitOptions& /*options*/) {
  RETURN_IF_ERROR(RequireImage(graph, op, conv.input));
  RETURN_IF_ERROR(RequireImage(graph, op, conv.output));
  const std::vector<uint8_t>& weights = graph.tensor(conv.weights).data;
  const int64_t taps = int64_t{conv.window.filter_h} * conv.window.filter_w;
  const int64_t channels = graph.tensor(conv.output).dim(-1);
  const bool plain = conv.depth_multiplier != 1 || taps > kMaxTapsOnStack;
  OpCode code;
  code.header = "depthwise_s8.h";
  code.kernel = plain ? "DepthwiseConv2dPlain" : "DepthwiseConv2d";
  AddWindow(graph, conv.input, conv.output, conv.window, &code);
  code.Int("kDilationH", conv.window.dilation_h);
  code.Int("kDilationW", conv.window.dilation_w);
  code.Int("kInC", graph.tensor(conv.input).dim(-1));
  code.Int("kOutC", channels);
  code.Int("kMultiplier", conv.depth_multiplier);
  code.Int("kInZero", graph.tensor(conv.input).quant.zero_point());
  code.Int("kOutZero", graph.tensor(conv.output).quant.zero_point());
  AddClamp(conv.clamp, &code);
  AddChannelQuant({weights, taps, 1, channels}, BiasOf(graph, conv.bias),
                  conv.multipliers, graph.tensor(conv.input).quant.zero_point(),
                  &code);
  code.weights =
      plain ? weights : PackDepthwiseWeights(weights, taps, channels);
  UseInOutWeights(&code);
  return code;
}

}  // namespace tinyrig::engine::emit
