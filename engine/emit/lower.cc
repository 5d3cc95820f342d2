#include "engine/emit/lower.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "engine/emit/row_code.h"
#include "engine/emit/stages.h"
#include "engine/stream/check.h"

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

std::vector<plan::OpNeeds> NeedsOf(const std::vector<OpCode>& codes,
                                   int first_op, int end_op) {
  std::vector<plan::OpNeeds> needs;
  for (int i = first_op; i < end_op; ++i) {
    const OpCode& code = codes[static_cast<size_t>(i)];
    needs.push_back({code.scratch_bytes, code.may_overwrite});
  }
  return needs;
}

// The whole graph operator by operator: what every model can do.
stream::Part WholePart(const Lowered& lowered) {
  const int op_count = static_cast<int>(lowered.graph.ops.size());
  stream::Part part;
  part.from = {0, ir::StorageOf(lowered.graph, lowered.graph.inputs[0])};
  part.to = {op_count, ir::StorageOf(lowered.graph, lowered.graph.outputs[0])};
  part.buffers =
      plan::ComputeBuffers(lowered.graph, NeedsOf(lowered.codes, 0, op_count));
  part.plan = plan::PlanBest(part.buffers.requests);
  return part;
}

// Emits again, with wide weights, the ops of a whole part whose bigger scratch
// fits under the arena that the model has anyway.
absl::Status ExpandWhereFree(int64_t arena_bytes, stream::Part* part,
                             Lowered* lowered) {
  const int first = part->from.op;
  const std::vector<int64_t> live = plan::LiveBytesPerOp(
      part->buffers, static_cast<size_t>(part->to.op - first));
  const std::vector<OpCode> before(lowered->codes.begin() + first,
                                   lowered->codes.begin() + part->to.op);
  for (int i = first; i < part->to.op; ++i) {
    const ir::Op& op = lowered->graph.ops[static_cast<size_t>(i)];
    const int64_t more = ExpandBytes(lowered->graph, op);
    if (more > 0 &&
        live[static_cast<size_t>(i - first)] + more <= arena_bytes) {
      ASSIGN_OR_RETURN(lowered->codes[static_cast<size_t>(i)],
                       EmitOp(lowered->graph, op, {.expand_weights = true}));
    }
  }
  // Scratch lives for one op only, so requests keep their order; a plan that
  // became larger than the arena is not worth it.
  plan::Buffers buffers = stream::BuffersOf(
      lowered->graph, NeedsOf(lowered->codes, first, part->to.op), part->from,
      part->to);
  plan::Plan plan = plan::PlanBest(buffers.requests);
  if (plan.arena_bytes <= arena_bytes) {
    part->buffers = std::move(buffers);
    part->plan = std::move(plan);
  } else {
    std::copy(before.begin(), before.end(), lowered->codes.begin() + first);
  }
  return absl::OkStatus();
}

absl::Status EmitRows(bool expand, const stream::Part& part, Lowered* lowered) {
  for (int i = part.from.op; i < part.to.op; ++i) {
    const auto at = static_cast<size_t>(i);
    ASSIGN_OR_RETURN(lowered->codes[at],
                     EmitRow(&lowered->graph, lowered->graph.ops[at], expand));
  }
  return absl::OkStatus();
}

absl::Status CheckParts(const std::vector<stream::Part>& parts,
                        const Lowered& lowered) {
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].streamed) {
      const Stage& stage = lowered.stages[i];
      RETURN_IF_ERROR(stream::CheckSegment(
          *stage.segment, stage.tensor_offsets,
          lowered.places[static_cast<size_t>(stage.first_op)].scratch,
          parts[i].needs.scratch_bytes, lowered.plan.arena_bytes));
    } else {
      RETURN_IF_ERROR(
          plan::CheckPlan(parts[i].buffers.requests, parts[i].plan));
    }
  }
  return absl::OkStatus();
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
  std::vector<stream::Part> parts;
  if (options.streaming) {
    const int op_count = static_cast<int>(lowered.graph.ops.size());
    parts =
        stream::ChooseParts(lowered.graph, NeedsOf(lowered.codes, 0, op_count),
                            options.arena_slack, 0)
            .parts;
  }
  if (parts.empty()) {
    parts.push_back(WholePart(lowered));
  }
  // From here on it is known what runs row by row.
  int64_t arena_bytes = 0;
  for (const stream::Part& part : parts) {
    arena_bytes = std::max(arena_bytes, part.arena_bytes());
  }
  for (stream::Part& part : parts) {
    if (part.streamed) {
      RETURN_IF_ERROR(EmitRows(options.expand_weights, part, &lowered));
    } else if (options.expand_weights) {
      RETURN_IF_ERROR(ExpandWhereFree(arena_bytes, &part, &lowered));
    }
  }
  PlaceStages(parts, arena_bytes, &lowered);
  RETURN_IF_ERROR(CheckParts(parts, lowered));
  lowered.input_preserved = InputsPreserved(lowered);
  return lowered;
}

}  // namespace tinyrig::engine::emit
