// Proves a placed segment: its walk is played with an owner for every byte of
// the arena.
#pragma once

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "engine/stream/segment.h"

namespace tinyrig::engine::stream {

/// INTERNAL, with tensor and row, when a row that is read no longer holds what
/// was written there, a write covers a row that is still read, or anything
/// leaves the arena or meets scratch. Runs on every compile. `scratch_offset`
/// < 0: there is none.
absl::Status CheckSegment(const Segment& segment,
                          const std::vector<int64_t>& tensor_offsets,
                          int64_t scratch_offset, int64_t scratch_bytes,
                          int64_t arena_bytes);

}  // namespace tinyrig::engine::stream
