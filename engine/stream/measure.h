// What a streamed segment needs, found by playing its walk on shapes alone.
#pragma once

#include <cstdint>

#include "engine/ir/graph.h"
#include "engine/stream/segment.h"

namespace tinyrig::engine::stream {

struct Needs {
  /// The input lies at least so far behind the output: then each output row
  /// takes the place of input rows that were read. A multiple of the plan's
  /// alignment.
  int64_t lead_bytes = 0;
  int64_t span_bytes = 0;     ///< input and output, overlapped
  int64_t rings_bytes = 0;    ///< rows kept of all inner tensors
  int64_t scratch_bytes = 0;  ///< of the neediest operator
  /// Instructions that whole-tensor execution would not need: weights widened
  /// and quantisation read again for each row, rows moved down. An estimate.
  int64_t extra_instructions = 0;

  [[nodiscard]] int64_t arena_bytes() const {
    return span_bytes + rings_bytes + scratch_bytes;
  }
};

/// Sets the capacity of every tensor of `segment`.
Needs Measure(const ir::Graph& graph, Segment* segment);

/// Bytes of scratch that one row of `op` needs at most.
int64_t RowScratchBytes(const ir::Graph& graph, const ir::Op& op);

/// Bytes of a tensor's kept rows. REQUIRES: Measure was called.
int64_t KeptBytes(const kernels::StreamTensor& tensor);

}  // namespace tinyrig::engine::stream
