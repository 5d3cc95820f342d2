// What several emitters share: checks of types and shapes, window constants.
#pragma once

#include <span>
#include <string>

#include "base/status.h"
#include "engine/emit/op_emitter.h"
#include "engine/ir/graph.h"

namespace tinyrig::engine::emit {

/// UNIMPLEMENTED unless the tensor is an int8 activation.
absl::Status RequireInt8(const ir::Graph& graph, const ir::Op& op,
                         ir::TensorId id);

/// RequireInt8, and a batch of 1 (the kernels have no batch loop).
absl::Status RequireImage(const ir::Graph& graph, const ir::Op& op,
                          ir::TensorId id);

/// kInH kInW kOutH kOutW, kFilter*, kStride*, kPad*.
void AddWindow(const ir::Graph& graph, ir::TensorId input, ir::TensorId output,
               const ir::Window& window, OpCode* code);

/// kMin kMax.
void AddClamp(const ir::Clamp& clamp, OpCode* code);

/// A kernel(const int8_t* in, int8_t* out).
void UseInOut(OpCode* code);

/// A kernel(in, out, weights, quant).
void UseInOutWeights(OpCode* code);

/// The bytes of a bias, empty for kNoTensor.
std::span<const uint8_t> BiasOf(const ir::Graph& graph, ir::TensorId id);

/// "int8_t", "uint8_t" or empty.
std::string ByteType(ir::DType type);

}  // namespace tinyrig::engine::emit
