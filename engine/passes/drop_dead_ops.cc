#include <algorithm>
#include <vector>

#include "engine/passes/passes.h"

namespace tinyrig::engine::passes {

void DropDeadOps(ir::Graph* graph) {
  std::vector<bool> needed(graph->tensors.size(), false);
  const auto need = [&](ir::TensorId id) {
    needed[static_cast<size_t>(ir::StorageOf(*graph, id))] = true;
  };
  std::for_each(graph->outputs.begin(), graph->outputs.end(), need);
  std::vector<ir::Op> kept;
  for (size_t i = graph->ops.size(); i-- > 0;) {
    ir::Op& op = graph->ops[i];
    if (needed[static_cast<size_t>(ir::OutputOf(op))]) {
      for (const ir::TensorId id : ir::ActivationInputs(op)) {
        need(id);
      }
      kept.push_back(std::move(op));
    }
  }
  std::reverse(kept.begin(), kept.end());
  graph->ops = std::move(kept);
}

}  // namespace tinyrig::engine::passes
