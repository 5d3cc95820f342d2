// From a graph to everything that the generated source states: kernel calls,
// stages, and a checked memory plan.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/status.h"
#include "engine/emit/op_emitter.h"
#include "engine/ir/graph.h"
#include "engine/plan/lifetime.h"
#include "engine/plan/planner.h"
#include "engine/stream/choose.h"

namespace tinyrig::engine::emit {

/// Kernels read words: up to 3 bytes behind the last tensor.
constexpr int64_t kArenaSlackBytes = 8;

struct LowerOptions {
  /// Widen weights in scratch where that does not raise the arena's peak.
  bool expand_weights = true;
  /// Operators may be streamed row by row where that makes the arena smaller.
  bool streaming = true;
  /// The arena may be so many times the least that streaming can reach: what
  /// is left is spent on fewer instructions. At least 1.
  double arena_slack = 1.25;
};

/// Offsets of one op's buffers in the arena; kNowhere for what it has not. Of a
/// streamed op only scratch: its rows move.
struct Place {
  static constexpr int64_t kNowhere = -1;
  int64_t in = kNowhere, in2 = kNowhere, out = kNowhere, scratch = kNowhere;
};

/// Bytes that lie elsewhere in the stage that follows.
struct Move {
  int64_t from = 0, to = 0, bytes = 0;
};

/// Ops [first_op, end_op): streamed together, or one after the other.
struct Stage {
  int first_op = 0, end_op = 0;
  std::optional<Move> move;                ///< before the first op
  std::optional<stream::Segment> segment;  ///< streamed
  std::vector<int64_t> tensor_offsets;     ///< of the segment's tensors
};

struct Lowered {
  ir::Graph graph;
  std::vector<OpCode> codes;  ///< one per op; of a streamed op, of one row
  std::vector<Place> places;  ///< one per op
  std::vector<Stage> stages;  ///< in order, all ops
  std::vector<int64_t> input_offsets, output_offsets;  ///< of the model's edges
  /// What lies where and when, for people: `plan` has an offset per request. A
  /// streamed stage's input and output are one, "in > out"; stream/check.h has
  /// played its rows.
  std::vector<plan::BufferRequest> requests;
  plan::Plan plan;
  bool input_preserved = false;

  /// Bytes of the emitted arena: the plan and the slack behind it.
  [[nodiscard]] int64_t arena_bytes() const {
    return plan.arena_bytes + kArenaSlackBytes;
  }
};

/// Errors: UNIMPLEMENTED no kernel for an op; INVALID_ARGUMENT a model input or
/// output is a constant; INTERNAL the plan failed its check.
absl::StatusOr<Lowered> Lower(ir::Graph graph, const LowerOptions& options);

}  // namespace tinyrig::engine::emit
