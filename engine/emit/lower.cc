#include "engine/emit/lower.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace tinyrig::engine::emit {
namespace {

absl::Status CheckEdges(const ir::Graph& graph) {
  if (graph.ops.empty() || graph.inputs.empty() || graph.outputs.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "model has ", graph.ops.size(), " operators, ", graph.inputs.size(),
        " inputs and ", graph.outputs.size(), " outputs; wanted one of each"));
  }
  for (const auto* edge : {&graph.inputs, &graph.outputs}) {
    for (const ir::TensorId id : *edge) {
      if (graph.tensor(ir::StorageOf(graph, id)).is_constant()) {
        return absl::InvalidArgumentError(absl::StrCat(
            "model input or output ", graph.tensor(id).name, " is a constant"));
      }
    }
  }
  return absl::OkStatus();
}

std::vector<plan::OpNeeds> NeedsOf(const std::vector<OpCode>& codes) {
  std::vector<plan::OpNeeds> needs;
  needs.reserve(codes.size());
  for (const OpCode& code : codes) {
    needs.push_back({code.scratch_bytes, code.may_overwrite});
  }
  return needs;
}

// Emits again, with wide weights, the ops whose bigger scratch fits under the
// peak that the model has anyway.
absl::Status ExpandWhereFree(Lowered* lowered) {
  const std::vector<int64_t> live =
      plan::LiveBytesPerOp(lowered->buffers, lowered->codes.size());
  const int64_t peak = *std::max_element(live.begin(), live.end());
  for (size_t i = 0; i < lowered->codes.size(); ++i) {
    const ir::Op& op = lowered->graph.ops[i];
    const int64_t more = ExpandBytes(lowered->graph, op);
    if (more > 0 && live[i] + more <= peak) {
      ASSIGN_OR_RETURN(lowered->codes[i],
                       EmitOp(lowered->graph, op, {.expand_weights = true}));
    }
  }
  return absl::OkStatus();
}

void PlanBuffers(Lowered* lowered) {
  lowered->buffers =
      plan::ComputeBuffers(lowered->graph, NeedsOf(lowered->codes));
  lowered->plan = plan::PlanBest(lowered->buffers.requests);
}

}  // namespace

absl::StatusOr<Lowered> Lower(ir::Graph graph, const LowerOptions& options) {
  RETURN_IF_ERROR(CheckEdges(graph));
  Lowered lowered;
  lowered.graph = std::move(graph);
  for (const ir::Op& op : lowered.graph.ops) {
    ASSIGN_OR_RETURN(OpCode code, EmitOp(lowered.graph, op, {}));
    lowered.codes.push_back(std::move(code));
  }
  PlanBuffers(&lowered);
  if (options.expand_weights) {
    RETURN_IF_ERROR(ExpandWhereFree(&lowered));
    PlanBuffers(&lowered);
  }
  RETURN_IF_ERROR(plan::CheckPlan(lowered.buffers.requests, lowered.plan));
  lowered.input_preserved =
      plan::InputsPreserved(lowered.graph, lowered.buffers, lowered.plan);
  return lowered;
}

}  // namespace tinyrig::engine::emit
