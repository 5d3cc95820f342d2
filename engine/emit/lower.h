// From a graph to everything that the generated source states: kernel calls,
// buffers, and a checked memory plan.
#pragma once

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "engine/emit/op_emitter.h"
#include "engine/ir/graph.h"
#include "engine/plan/lifetime.h"
#include "engine/plan/planner.h"

namespace tinyrig::engine::emit {

/// Kernels read words: up to 3 bytes behind the last tensor.
constexpr int64_t kArenaSlackBytes = 8;

struct LowerOptions {
  /// Widen weights in scratch where that does not raise the arena's peak.
  bool expand_weights = true;
};

struct Lowered {
  ir::Graph graph;
  std::vector<OpCode> codes;  ///< one per op
  plan::Buffers buffers;
  plan::Plan plan;  ///< has passed CheckPlan
  bool input_preserved = false;

  /// Bytes of the emitted arena: the plan and the slack behind it.
  [[nodiscard]] int64_t arena_bytes() const {
    return plan.arena_bytes + kArenaSlackBytes;
  }
  /// Where a tensor lies in the arena. REQUIRES: not a constant.
  [[nodiscard]] int64_t offset_of(ir::TensorId id) const {
    return plan.offsets[static_cast<size_t>(
        buffers.of_tensor[static_cast<size_t>(id)])];
  }
};

/// Errors: UNIMPLEMENTED no kernel for an op; INVALID_ARGUMENT a model input or
/// output is a constant; INTERNAL the plan failed its check.
absl::StatusOr<Lowered> Lower(ir::Graph graph, const LowerOptions& options);

}  // namespace tinyrig::engine::emit
