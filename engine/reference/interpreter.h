// The oracle: runs a graph op by op on the host, bit for bit as the TFLite
// Micro reference kernels do. Plain on purpose; golden_test.cc holds it against
// recorded outputs of those kernels.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/status.h"
#include "engine/ir/graph.h"

namespace tinyrig::engine::reference {

/// Called after each op: its position in graph.ops, its output and the output's
/// bytes (valid during the call).
using AfterOp = std::function<void(int position, ir::TensorId output,
                                   std::span<const uint8_t> bytes)>;

/// One inference.
///
/// \param graph   passes VerifyGraph (it is called)
/// \param inputs  one buffer per graph input, in model order, little-endian,
///                exactly the tensor's bytes
/// \return one buffer per graph output, in model order
/// Errors: INVALID_ARGUMENT number or size of inputs; INTERNAL a bad graph.
absl::StatusOr<std::vector<std::vector<uint8_t>>> Interpret(
    const ir::Graph& graph, const std::vector<std::vector<uint8_t>>& inputs,
    const AfterOp& after_op = {});

}  // namespace tinyrig::engine::reference
