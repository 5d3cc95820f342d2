// From a graph to buffer requests: who needs which bytes, from op to op, and
// which output may take over the bytes of an input that dies.
//
// Time is the op's index; -1 is "before the first op" (model inputs are set
// then), ops.size() is "after the last one" (model outputs are read then).
#pragma once

#include <cstdint>
#include <vector>

#include "engine/ir/graph.h"
#include "engine/plan/planner.h"

namespace tinyrig::engine::plan {

/// What one op asks for beyond its tensors.
struct OpNeeds {
  int64_t scratch_bytes = 0;
  /// Inputs that the output may lie upon: the kernel reads each element before
  /// it writes there.
  std::vector<ir::TensorId> may_overwrite;
};

constexpr int kNoBuffer = -1;

struct Buffers {
  std::vector<BufferRequest> requests;
  std::vector<int> of_tensor;   ///< by tensor id; kNoBuffer for constants
  std::vector<int> scratch_of;  ///< by op index; kNoBuffer without scratch
};

/// One request per storage that an op reads or writes, storages merged where an
/// output lies upon its input, and one per scratch. `needs` has one entry per
/// op.
Buffers ComputeBuffers(const ir::Graph& graph,
                       const std::vector<OpNeeds>& needs);

/// Bytes that are live at each op (tensors and scratch).
std::vector<int64_t> LiveBytesPerOp(const Buffers& buffers, size_t op_count);

/// No other buffer and no in-place output touches the model inputs' bytes, so
/// they are there again for the next run.
bool InputsPreserved(const ir::Graph& graph, const Buffers& buffers,
                     const Plan& plan);

}  // namespace tinyrig::engine::plan
