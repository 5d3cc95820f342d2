// Tensors of the IR: shape, type, quantisation, constant bytes.
// Activations are NHWC; a shape keeps the dims of the model file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tinyrig::engine::ir {

enum class DType { kInt8, kUint8, kInt16, kInt32, kFloat32 };

/// Bytes of one element.
constexpr int ElementBytes(DType type) {
  switch (type) {
    case DType::kInt8:
    case DType::kUint8:
      return 1;
    case DType::kInt16:
      return 2;
    case DType::kInt32:
    case DType::kFloat32:
      break;
  }
  return 4;
}

/// real = scale * (q - zero_point). One entry for per-tensor; one per slice of
/// `axis` for per-channel (weights only; zero points are then 0).
struct Quant {
  std::vector<float> scales;
  std::vector<int32_t> zero_points;
  int axis = 0;

  [[nodiscard]] bool per_channel() const { return scales.size() > 1; }
  [[nodiscard]] float scale() const {
    return scales.empty() ? 0.0F : scales[0];
  }
  [[nodiscard]] int32_t zero_point() const {
    return zero_points.empty() ? 0 : zero_points[0];
  }
};

using Shape = std::vector<int32_t>;  ///< every dim >= 1

struct Tensor {
  std::string name;
  Shape shape;
  DType type = DType::kInt8;
  Quant quant;
  std::vector<uint8_t> data;  ///< little-endian; empty unless constant
  /// Id of the tensor whose bytes this one shares (a dropped RESHAPE), or -1.
  /// Never a chain: the root has -1. Use StorageOf (graph.h).
  int alias_of = -1;

  [[nodiscard]] bool is_constant() const { return !data.empty(); }
  [[nodiscard]] int64_t elements() const {
    int64_t n = 1;
    for (const int32_t dim : shape) {
      n *= dim;
    }
    return n;
  }
  [[nodiscard]] int64_t bytes() const {
    return elements() * ElementBytes(type);
  }
  /// Dim counted from the back: dim(-1) is channels, dim(-2) width,
  /// dim(-3) height; 1 where the shape is shorter.
  [[nodiscard]] int32_t dim(int index) const {
    const int at = index < 0 ? static_cast<int>(shape.size()) + index : index;
    return at < 0 || at >= static_cast<int>(shape.size())
               ? 1
               : shape[static_cast<size_t>(at)];
  }
};

}  // namespace tinyrig::engine::ir
