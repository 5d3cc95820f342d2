// PAD with the zero point before one convolution becomes part of its window:
// both padding cells hold the zero point, so the sums do not change.
#include <algorithm>
#include <map>

#include "engine/ir/visit.h"
#include "engine/passes/passes.h"

namespace tinyrig::engine::passes {
namespace {

/// How often each tensor is read, by ops, as a model output or as an alias.
std::map<ir::TensorId, int> CountUses(const ir::Graph& graph) {
  std::map<ir::TensorId, int> uses;
  for (const ir::Op& op : graph.ops) {
    for (const ir::TensorId id : ir::ActivationInputs(op)) {
      ++uses[id];
    }
  }
  for (const ir::TensorId id : graph.outputs) {
    ++uses[id];
  }
  for (const ir::Tensor& tensor : graph.tensors) {
    if (tensor.alias_of >= 0) {
      ++uses[tensor.alias_of];
    }
  }
  return uses;
}

bool PadsOnlyHeightAndWidth(const ir::Pad& pad) {
  const std::pair<int32_t, int32_t> none{0, 0};
  return pad.paddings.size() == 4 && pad.paddings[0] == none &&
         pad.paddings[3] == none;
}

/// The window with the pad's cells added. False when a filter position could
/// then lie wholly in the padding, which kernels need not expect.
bool Widen(const ir::Pad& pad, ir::Window* window) {
  ir::Window w = *window;
  w.pad_top += pad.paddings[1].first;
  w.pad_bottom += pad.paddings[1].second;
  w.pad_left += pad.paddings[2].first;
  w.pad_right += pad.paddings[2].second;
  const int32_t extent_h = (w.filter_h - 1) * w.dilation_h + 1;
  const int32_t extent_w = (w.filter_w - 1) * w.dilation_w + 1;
  if (std::max(w.pad_top, w.pad_bottom) >= extent_h ||
      std::max(w.pad_left, w.pad_right) >= extent_w) {
    return false;
  }
  *window = w;
  return true;
}

/// Folds `pad` into `op` when it is a convolution that reads the pad's output.
bool FoldInto(const ir::Graph& graph, const ir::Pad& pad, ir::Op* op) {
  const auto fold = [&](auto& conv) {
    const ir::Quant& before = graph.tensor(pad.input).quant;
    const ir::Quant& after = graph.tensor(pad.output).quant;
    if (conv.input != pad.output || pad.value != after.zero_point() ||
        before.zero_point() != after.zero_point() ||
        !Widen(pad, &conv.window)) {
      return false;
    }
    conv.input = pad.input;
    return true;
  };
  return std::visit(
      ir::Overloaded{[&](ir::Conv2d& conv) { return fold(conv); },
                     [&](ir::DepthwiseConv2d& conv) { return fold(conv); },
                     [](auto&) { return false; }},
      op->body);
}

}  // namespace

void FoldPads(ir::Graph* graph) {
  const std::map<ir::TensorId, int> uses = CountUses(*graph);
  std::vector<ir::Op> kept;
  for (size_t i = 0; i < graph->ops.size(); ++i) {
    bool folded = false;
    if (const auto* pad = std::get_if<ir::Pad>(&graph->ops[i].body);
        pad != nullptr && PadsOnlyHeightAndWidth(*pad)) {
      const auto found = uses.find(pad->output);
      const bool single = found != uses.end() && found->second == 1;
      for (size_t later = i + 1; single && later < graph->ops.size(); ++later) {
        folded = folded || FoldInto(*graph, *pad, &graph->ops[later]);
      }
    }
    if (!folded) {
      kept.push_back(std::move(graph->ops[i]));
    }
  }
  graph->ops = std::move(kept);
}

}  // namespace tinyrig::engine::passes
