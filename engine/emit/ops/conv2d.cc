// CONV_2D -> kernels::Conv2d. A pointwise convolution is one long row of
// pixels.
#include "engine/emit/ops/common.h"
#include "engine/emit/weights.h"
#include "engine/kernels/window.h"

namespace tinyrig::engine::emit {
namespace {

// Below this many inner pixels, widening costs more than it saves.
constexpr int64_t kMinPixelsToExpand = 8;

struct Geometry {
  ir::Window window;
  int64_t in_h, in_w, in_c, out_h, out_w, out_c;
};

bool IsPointwise(const ir::Window& w) {
  return w.filter_h == 1 && w.filter_w == 1 && w.stride_h == 1 &&
         w.stride_w == 1 && w.pad_top == 0 && w.pad_left == 0 &&
         w.pad_bottom == 0 && w.pad_right == 0;
}

Geometry GeometryOf(const ir::Graph& graph, const ir::Conv2d& op) {
  const ir::Tensor& in = graph.tensor(op.input);
  const ir::Tensor& out = graph.tensor(op.output);
  Geometry g{op.window,   in.dim(-3),  in.dim(-2), in.dim(-1),
             out.dim(-3), out.dim(-2), out.dim(-1)};
  if (IsPointwise(op.window)) {
    g.in_w *= g.in_h;
    g.out_w *= g.out_h;
    g.in_h = g.out_h = 1;
    g.window.dilation_h = g.window.dilation_w = 1;  // of one tap: nothing
  }
  return g;
}

// Output indices along one dim whose window is wholly inside.
int64_t InnerCount(int64_t in, int64_t out, int32_t pad, int32_t stride,
                   int32_t span) {
  const int first = kernels::FirstInner(pad, stride, static_cast<int>(out));
  const int end = kernels::EndInner(static_cast<int>(in), pad, stride, span,
                                    static_cast<int>(out));
  return end > first ? end - first : 0;
}

int64_t InnerPixels(const Geometry& g) {
  const ir::Window& w = g.window;
  if (w.dilation_h > 1 || w.dilation_w > 1) {
    return 0;
  }
  return InnerCount(g.in_h, g.out_h, w.pad_top, w.stride_h, w.filter_h) *
         InnerCount(g.in_w, g.out_w, w.pad_left, w.stride_w, w.filter_w);
}

int64_t FilterWords(const Geometry& g) {
  return g.window.filter_h * ((g.window.filter_w * g.in_c + 3) / 4);
}

void AddGeometry(const Geometry& g, OpCode* code) {
  code->Int("kInH", g.in_h);
  code->Int("kInW", g.in_w);
  code->Int("kInC", g.in_c);
  code->Int("kOutH", g.out_h);
  code->Int("kOutW", g.out_w);
  code->Int("kOutC", g.out_c);
  code->Int("kFilterH", g.window.filter_h);
  code->Int("kFilterW", g.window.filter_w);
  code->Int("kStrideH", g.window.stride_h);
  code->Int("kStrideW", g.window.stride_w);
  code->Int("kDilationH", g.window.dilation_h);
  code->Int("kDilationW", g.window.dilation_w);
  code->Int("kPadTop", g.window.pad_top);
  code->Int("kPadLeft", g.window.pad_left);
}

}  // namespace

int64_t ExpandBytesOfConv2d(const ir::Graph& graph, const ir::Conv2d& op) {
  const Geometry g = GeometryOf(graph, op);
  return InnerPixels(g) < kMinPixelsToExpand ? 0 : FilterWords(g) * 16;
}

absl::StatusOr<OpCode> Emit(const ir::Graph& graph, const ir::Op& op,
                            const ir::Conv2d& conv,
                            const EmitOptions& options) {
  RETURN_IF_ERROR(RequireImage(graph, op, conv.input));
  RETURN_IF_ERROR(RequireImage(graph, op, conv.output));
  const Geometry g = GeometryOf(graph, conv);
  const std::vector<uint8_t>& weights = graph.tensor(conv.weights).data;
  const int64_t per_channel =
      int64_t{g.window.filter_h} * g.window.filter_w * g.in_c;
  OpCode code;
  code.header = "conv_s8.h";
  code.kernel = "Conv2d";
  AddGeometry(g, &code);
  code.Int("kInZero", graph.tensor(conv.input).quant.zero_point());
  code.Int("kOutZero", graph.tensor(conv.output).quant.zero_point());
  AddClamp(conv.clamp, &code);
  AddChannelQuant({weights, per_channel, per_channel, 1},
                  BiasOf(graph, conv.bias), conv.multipliers,
                  graph.tensor(conv.input).quant.zero_point(), &code);
  code.Bool("kExpand", options.expand_weights);
  code.weights = PackConvWeights(weights, g.out_c, g.window.filter_h,
                                 g.window.filter_w * g.in_c);
  UseInOutWeights(&code);
  code.parameters.push_back({Role::kScratch, "uint8_t*"});
  const bool has_border = InnerPixels(g) < g.out_h * g.out_w;
  code.scratch_bytes = (has_border ? FilterWords(g) * 4 : 0) +
                       (options.expand_weights ? FilterWords(g) * 16 : 0);
  return code;
}

}  // namespace tinyrig::engine::emit
