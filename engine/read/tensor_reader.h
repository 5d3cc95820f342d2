// Tensors of the file, converted when an operator first uses them.
#pragma once

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "engine/ir/graph.h"
#include "engine/read/tflite_generated.h"

namespace tinyrig::engine::read {

/// What every 8-bit activation needs: one scale, above 0. (Weights may have
/// many, and some converters write negative ones.) Errors: INVALID_ARGUMENT.
absl::Status CheckOneScale(const ir::Tensor& tensor);

class TensorReader {
 public:
  /// Sizes graph->tensors to the file's count; all stay empty.
  TensorReader(const fb::Model& model, const fb::SubGraph& subgraph,
               ir::Graph* graph);

  /// Shape, type and quantisation of a tensor, once.
  /// Errors: INVALID_ARGUMENT index, shape, scales; UNIMPLEMENTED type, sparse,
  /// variable or dynamic tensors.
  absl::Status Load(int id);

  /// A constant: Load, and its bytes are there. They are copied only by
  /// CopyConstants, so that a refused file costs little.
  /// Errors: INVALID_ARGUMENT no data, or not as many bytes as the shape needs.
  absl::Status LoadConstant(int id);
  void CopyConstants();

  /// The bytes of a tensor that LoadConstant accepted.
  [[nodiscard]] const flatbuffers::Vector<uint8_t>& DataOf(int id) const;

  /// Whether the file holds data for this (loaded) tensor.
  [[nodiscard]] bool HasData(int id) const;

  /// Counts memory that the file makes us hold.
  /// Errors: INVALID_ARGUMENT above kMaxConstantBytes.
  absl::Status Charge(int64_t bytes);

  [[nodiscard]] ir::Graph& graph() { return *graph_; }

  // Which tensors have a value so far (inputs, and outputs of earlier ops).
  [[nodiscard]] bool IsMade(int id) const {
    return made_[static_cast<size_t>(id)];
  }
  void SetMade(int id) { made_[static_cast<size_t>(id)] = true; }

 private:
  absl::Status LoadShape(const fb::Tensor& from, ir::Tensor* to) const;
  absl::Status LoadQuant(const fb::Quantization& from, ir::Tensor* to);

  const fb::Model& model_;
  const fb::SubGraph& subgraph_;
  ir::Graph* graph_;
  std::vector<bool> loaded_;
  std::vector<bool> made_;
  std::vector<bool> constant_;
  int64_t charged_bytes_ = 0;
};

}  // namespace tinyrig::engine::read
