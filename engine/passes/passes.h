// What is done to a graph between reading and planning. Every pass keeps the
// outputs bit for bit and VerifyGraph's promises.
#pragma once

#include "base/status.h"
#include "engine/ir/graph.h"

namespace tinyrig::engine::passes {

/// All passes in order, VerifyGraph before and after each. Afterwards:
///  - a RESHAPE is left only between a model input and a model output; its
///    output elsewhere is an alias of its input (ir::StorageOf);
///  - no PAD without cells, no QUANTIZE to the same scale and zero point
///    (except, as above, from a model input to a model output);
///  - a PAD of height and width before one convolution is part of that
///    convolution's window, so pads may be larger than SAME would make them,
///    but stay smaller than the dilated filter;
///  - no op whose result nobody needs.
/// Errors: INTERNAL the graph broke a promise, with the pass's name.
absl::Status RunPasses(ir::Graph* graph);

// The single passes, for tests.
void FoldPads(ir::Graph* graph);
void DropViews(ir::Graph* graph);
void DropDeadOps(ir::Graph* graph);

}  // namespace tinyrig::engine::passes
