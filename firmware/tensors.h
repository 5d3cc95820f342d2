// The model's inputs (or outputs) as one run of bytes, in model order.
#pragma once

#include <cstddef>
#include <cstdint>

#include "proto/abi/model.h"

namespace tinyrig::firmware {

class Tensors {
 public:
  constexpr Tensors(const TinyrigTensor* tensors, uint32_t count)
      : tensors_(tensors), count_(count) {}

  [[nodiscard]] uint32_t bytes() const;
  /// The caller has checked that [offset, offset + size) is inside.
  void Write(uint32_t offset, const uint8_t* from, size_t size) const;
  void Read(uint32_t offset, uint8_t* to, size_t size) const;
  [[nodiscard]] uint32_t Crc32() const;

 private:
  /// Calls visit(data, bytes) for the pieces of [offset, offset + size).
  template <typename Visit>
  void ForEachPiece(uint32_t offset, size_t size, Visit visit) const;

  const TinyrigTensor* tensors_;
  uint32_t count_;
};

inline Tensors Inputs(const TinyrigModel& model) {
  return {model.inputs, model.input_count};
}
inline Tensors Outputs(const TinyrigModel& model) {
  return {model.outputs, model.output_count};
}

}  // namespace tinyrig::firmware
