// The code of one output row of an operator: its kernel with a window's height
// of input and a single row of output.
#pragma once

#include "base/status.h"
#include "engine/emit/op_emitter.h"
#include "engine/ir/graph.h"

namespace tinyrig::engine::emit {

/// REQUIRES: stream::RowsOf(*graph, op). The graph's shapes are changed on the
/// way and restored. Errors as EmitOp.
absl::StatusOr<OpCode> EmitRow(ir::Graph* graph, const ir::Op& op,
                               bool expand_weights);

}  // namespace tinyrig::engine::emit
