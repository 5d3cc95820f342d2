// The memory planner: buffers with lifetimes in, arena offsets out. Pure.
//
//   requests --PlanBest--> plan --CheckPlan--> emitted as literal offsets
//
// It does not know tensors or operators (lifetime.h does), and it never
// extends an arena at run time: what it returns is the whole of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"

namespace tinyrig::engine::plan {

/// Every offset is a multiple of this (LDRD needs 4, float and int32 too).
constexpr int64_t kAlignmentBytes = 8;

/// Bytes that somebody needs from op `first_op` to op `last_op`, both included.
struct BufferRequest {
  std::string name;
  int64_t bytes = 0;  ///< >= 1
  int first_op = 0;
  int last_op = 0;  ///< >= first_op
};

/// Two requests that are needed at the same time.
[[nodiscard]] inline bool Overlaps(const BufferRequest& a,
                                   const BufferRequest& b) {
  return a.first_op <= b.last_op && b.first_op <= a.last_op;
}

struct Plan {
  std::string planner;           ///< who made it
  std::vector<int64_t> offsets;  ///< one per request, in their order
  int64_t arena_bytes = 0;       ///< end of the highest buffer, aligned
};

/// Most bytes that are live at one op: no plan is smaller.
int64_t LowerBoundBytes(const std::vector<BufferRequest>& requests);

/// In order of birth, each at the lowest gap that holds it.
Plan PlanFirstFit(const std::vector<BufferRequest>& requests);

/// Biggest first, each at the lowest gap that holds it.
Plan PlanGreedyBySize(const std::vector<BufferRequest>& requests);

/// The buffers of the fullest op first (TFLite's "greedy by breadth").
Plan PlanGreedyByBreadth(const std::vector<BufferRequest>& requests);

/// The smallest plan there is, by branch and bound over all insertion orders.
/// Errors: RESOURCE_EXHAUSTED more than `max_nodes` nodes were needed.
absl::StatusOr<Plan> PlanExact(const std::vector<BufferRequest>& requests,
                               int64_t max_nodes = 2'000'000);

/// The smallest of the above; the exact planner joins in only where the greedy
/// ones miss the lower bound, with a small budget. Deterministic.
Plan PlanBest(const std::vector<BufferRequest>& requests);

/// INTERNAL with both names when two live buffers share a byte, or an offset is
/// negative, unaligned or ends behind the arena. Runs on every compile.
absl::Status CheckPlan(const std::vector<BufferRequest>& requests,
                       const Plan& plan);

/// The plan as text: one row per buffer, a column per op (at most 64, then
/// scaled), and the arena's size beside the lower bound.
std::string PrintPlan(const std::vector<BufferRequest>& requests,
                      const Plan& plan);

}  // namespace tinyrig::engine::plan
