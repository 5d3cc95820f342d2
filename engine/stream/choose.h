// Which operators are streamed together: a minimax choice of cuts over the
// whole graph. Pure; shapes only.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/ir/graph.h"
#include "engine/plan/lifetime.h"
#include "engine/plan/planner.h"
#include "engine/stream/measure.h"
#include "engine/stream/segment.h"

namespace tinyrig::engine::stream {

/// One part of the execution: streamed, or operator by operator with a memory
/// plan of its own.
struct Part {
  Cut from, to;
  bool streamed = false;
  Segment segment;        ///< streamed: with capacities
  Needs needs;            ///< streamed
  plan::Buffers buffers;  ///< otherwise; time is the op's index in the graph
  plan::Plan plan;        ///< otherwise; has passed CheckPlan

  [[nodiscard]] int64_t arena_bytes() const {
    return streamed ? needs.arena_bytes() : plan.arena_bytes;
  }
};

struct Choice {
  std::vector<Part> parts;  ///< empty: the graph cannot be cut
  /// No choice of cuts (with this method) needs less.
  int64_t bound_bytes = 0;
  [[nodiscard]] int64_t arena_bytes() const;
};

/// Requests of the ops [from.op, to.op) executed one after the other; time 0 is
/// the first of them. `needs`: one per op of these.
plan::Buffers BuffersOf(const ir::Graph& graph,
                        const std::vector<plan::OpNeeds>& needs,
                        const Cut& from, const Cut& to);

/// Of all choices whose parts need at most max(slack * bound, limit_bytes), the
/// one with the fewest extra instructions. `needs`: of each op executed as a
/// whole. `slack` >= 1.
Choice ChooseParts(const ir::Graph& graph,
                   const std::vector<plan::OpNeeds>& needs, double slack,
                   int64_t limit_bytes);

}  // namespace tinyrig::engine::stream
