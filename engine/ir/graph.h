// A model: operators in execution order, tensors by id.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "engine/ir/op.h"
#include "engine/ir/tensor.h"

namespace tinyrig::engine::ir {

struct Graph {
  std::string name;
  std::vector<Tensor> tensors;
  std::vector<Op> ops;            ///< an op's inputs are made before it
  std::vector<TensorId> inputs;   ///< in model order
  std::vector<TensorId> outputs;  ///< in model order

  [[nodiscard]] const Tensor& tensor(TensorId id) const {
    return tensors[static_cast<size_t>(id)];
  }
  [[nodiscard]] Tensor& tensor(TensorId id) {
    return tensors[static_cast<size_t>(id)];
  }
};

/// The tensor that owns the bytes of `id`: itself, or the root of its alias.
/// Lifetimes and arena slots belong to storages, shapes to tensors.
[[nodiscard]] inline TensorId StorageOf(const Graph& graph, TensorId id) {
  const int root = graph.tensor(id).alias_of;
  return root < 0 ? id : root;
}

/// Activation inputs of an op (no weights, no bias), and its output.
std::vector<TensorId> ActivationInputs(const Op& op);
TensorId OutputOf(const Op& op);

/// Makes `op` read tensor `to` wherever it reads activation `from`.
void ReplaceInputs(Op* op, TensorId from, TensorId to);

/// "CONV_2D (operator 12)": how messages name an op.
std::string OpLabel(const Op& op);

/// Multiply-accumulates of one op (0 for data movement).
int64_t MacCount(const Graph& graph, const Op& op);

/// What must hold between two passes: ids in range, shapes agree with windows,
/// each tensor made once and before its use, constants of the right size,
/// multipliers one per channel. INTERNAL with the op when it does not.
absl::Status VerifyGraph(const Graph& graph);

/// One line per op: the text form of golden tests and --dump.
std::string PrintGraph(const Graph& graph);

}  // namespace tinyrig::engine::ir
