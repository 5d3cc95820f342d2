// From the bytes of a .tflite file to the typed IR.
//
// The file is hostile until proven otherwise: the flatbuffers verifier runs
// first, then every index, shape, size and scale is checked before use. A
// tensor that no operator uses is not looked at. Only the first subgraph is
// read.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/status.h"
#include "engine/ir/graph.h"

namespace tinyrig::engine::read {

// Limits, so that no file can ask for absurd work or memory.
inline constexpr int64_t kMaxModelBytes = int64_t{64} << 20;
inline constexpr int64_t kMaxTensorBytes = int64_t{64} << 20;
inline constexpr int64_t kMaxConstantBytes = int64_t{128} << 20;  ///< in all
inline constexpr int kMaxTensors = 8192;
inline constexpr int kMaxOperators = 4096;
inline constexpr int kMaxRank = 6;
inline constexpr int kMaxModelTensors = 16;  ///< inputs, and outputs
inline constexpr int kMaxWindow = 4096;      ///< filter, stride, dilation
inline constexpr int kMaxSoftmaxDepth = 4095;

/// The graph of a .tflite file; tensor ids are the file's tensor indices.
/// Implicit paddings, activations and multipliers are resolved (see ir/op.h);
/// the result passes VerifyGraph.
///
/// \param bytes  the whole file, at most kMaxModelBytes
/// \param name   the graph's name in messages and listings
/// Errors: INVALID_ARGUMENT the file is broken or contradicts itself, or it is
/// a
///         float model; UNIMPLEMENTED a valid file uses something that is not
///         supported. Both name the operator, its index and the property:
///         "CONV_2D (operator 12): ...".
absl::StatusOr<ir::Graph> ReadTflite(std::span<const uint8_t> bytes,
                                     std::string name);

}  // namespace tinyrig::engine::read
