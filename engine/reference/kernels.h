// The reference kernels: one plain function per operator, over byte buffers
// that the interpreter owns. Sizes and shapes hold because the graph is
// verified.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/ir/graph.h"

namespace tinyrig::engine::reference {

/// What a kernel may touch: the graph (shapes, constants) and the bytes of the
/// storage behind each tensor.
class Memory {
 public:
  explicit Memory(const ir::Graph& graph)
      : graph_(graph), bytes_(graph.tensors.size()) {}

  [[nodiscard]] const ir::Graph& graph() const { return graph_; }
  [[nodiscard]] const ir::Tensor& tensor(ir::TensorId id) const {
    return graph_.tensor(id);
  }
  /// The storage's bytes; sized by Allocate or by the caller.
  std::vector<uint8_t>& bytes(ir::TensorId id) {
    return bytes_[static_cast<size_t>(ir::StorageOf(graph_, id))];
  }
  void Allocate(ir::TensorId id) {
    bytes(id).assign(static_cast<size_t>(tensor(id).bytes()), 0);
  }
  const int8_t* Int8(ir::TensorId id) {
    return reinterpret_cast<const int8_t*>(bytes(id).data());
  }
  int8_t* MutableInt8(ir::TensorId id) {
    return reinterpret_cast<int8_t*>(bytes(id).data());
  }

 private:
  const ir::Graph& graph_;
  std::vector<std::vector<uint8_t>> bytes_;
};

/// Run(const ir::Conv2d& op, Memory* memory) and so on: one per operator.
#define TINYRIG_DECLARE_RUN(Body, builtin) \
  void Run(const ir::Body& op, Memory* memory);
TINYRIG_ENGINE_OPERATORS(TINYRIG_DECLARE_RUN)
#undef TINYRIG_DECLARE_RUN

}  // namespace tinyrig::engine::reference
