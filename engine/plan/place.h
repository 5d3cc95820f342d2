// What the planners share: lowest gap of one buffer among those placed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/plan/planner.h"

namespace tinyrig::engine::plan {

constexpr int64_t AlignUp(int64_t bytes) {
  return (bytes + kAlignmentBytes - 1) / kAlignmentBytes * kAlignmentBytes;
}

/// Lowest offset at which requests[index] meets none of `placed` that is live
/// at the same time.
int64_t LowestGap(const std::vector<BufferRequest>& requests, size_t index,
                  const std::vector<size_t>& placed,
                  const std::vector<int64_t>& offsets);

/// LowestGap for each of `order` in turn.
Plan PlaceInOrder(const std::vector<BufferRequest>& requests,
                  const std::vector<size_t>& order, std::string planner);

}  // namespace tinyrig::engine::plan
