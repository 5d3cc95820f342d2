// Ops that only give bytes another name: RESHAPE, a PAD without cells, a
// QUANTIZE to the same scale and zero point.
#include <algorithm>

#include "engine/ir/visit.h"
#include "engine/passes/passes.h"

namespace tinyrig::engine::passes {
namespace {

bool Contains(const std::vector<ir::TensorId>& ids, ir::TensorId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

bool IsView(const ir::Graph& graph, const ir::Op& op) {
  return std::visit(
      ir::Overloaded{[](const ir::Reshape&) { return true; },
                     [](const ir::Pad& pad) {
                       return std::all_of(
                           pad.paddings.begin(), pad.paddings.end(),
                           [](const auto& p) {
                             return p.first == 0 && p.second == 0;
                           });
                     },
                     [&](const ir::Quantize& quantize) {
                       const ir::Tensor& in = graph.tensor(quantize.input);
                       const ir::Tensor& out = graph.tensor(quantize.output);
                       return in.type == out.type &&
                              in.quant.scale() == out.quant.scale() &&
                              in.quant.zero_point() == out.quant.zero_point();
                     },
                     [](const auto&) { return false; }},
      op.body);
}

/// Same shape and meaning: readers can take the input itself.
bool SameMeaning(const ir::Tensor& a, const ir::Tensor& b) {
  return a.shape == b.shape && a.type == b.type &&
         a.quant.scales == b.quant.scales &&
         a.quant.zero_points == b.quant.zero_points;
}

}  // namespace

void DropViews(ir::Graph* graph) {
  std::vector<ir::Op> kept;
  for (size_t i = 0; i < graph->ops.size(); ++i) {
    ir::Op& op = graph->ops[i];
    if (!IsView(*graph, op)) {
      kept.push_back(std::move(op));
      continue;
    }
    const ir::TensorId in = ir::ActivationInputs(op)[0];
    const ir::TensorId out = ir::OutputOf(op);
    const ir::TensorId storage = ir::StorageOf(*graph, in);
    const bool is_output = Contains(graph->outputs, out);
    if (is_output && Contains(graph->inputs, storage)) {
      kept.push_back(std::move(op));  // two buffers of the caller: a copy
    } else if (!is_output &&
               SameMeaning(graph->tensor(in), graph->tensor(out))) {
      for (size_t later = i + 1; later < graph->ops.size(); ++later) {
        ir::ReplaceInputs(&graph->ops[later], out, in);
      }
    } else {
      graph->tensor(out).alias_of = storage;
    }
  }
  graph->ops = std::move(kept);
}

}  // namespace tinyrig::engine::passes
