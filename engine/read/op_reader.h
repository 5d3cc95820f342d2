// What the function of one builtin operator sees of the file: its tensors,
// checked, and its way to complain.
#pragma once

#include <string>

#include "base/status.h"
#include "engine/read/tensor_reader.h"
#include "engine/read/tflite_generated.h"

namespace tinyrig::engine::read {

class OpReader {
 public:
  OpReader(const fb::Operator& op, int index, std::string name,
           TensorReader* tensors);

  /// Input `i` of the operator; ir::kNoTensor when left out.
  [[nodiscard]] int InputId(int i) const;
  [[nodiscard]] bool HasInput(int i) const {
    return InputId(i) != ir::kNoTensor;
  }

  /// An input that is computed (a model input or an earlier op's output), of
  /// any type. Errors: INVALID_ARGUMENT missing, or not made yet; UNIMPLEMENTED
  /// it is a constant.
  absl::StatusOr<int> AnyActivation(int i);
  /// The same, and int8 with one scale. A float32 one is a float model.
  absl::StatusOr<int> Int8Activation(int i);

  /// A constant input whose bytes are there. Errors: INVALID_ARGUMENT.
  absl::StatusOr<int> Constant(int i, ir::DType type);
  /// A constant int32 input of at most `most` values.
  absl::StatusOr<std::vector<int32_t>> Int32Values(int i, int64_t most);

  /// The one output: not a constant, not made before. AnyOutput of any type,
  /// Int8Output int8 with one scale.
  absl::StatusOr<int> AnyOutput();
  absl::StatusOr<int> Int8Output();

  /// [1, height, width, channels]; anything else is refused.
  absl::Status CheckImage(int id) const;

  /// The options table. Errors: INVALID_ARGUMENT it is not there.
  template <class Options>
  absl::StatusOr<const Options*> options() const {
    const auto* table = static_cast<const Options*>(op_.options());
    if (table == nullptr ||
        op_.options_type() != fb::OptionsTraits<Options>::enum_value) {
      return Invalid("its options are missing or of another operator");
    }
    return table;
  }

  [[nodiscard]] const ir::Tensor& tensor(int id) const {
    return tensors_->graph().tensor(id);
  }
  [[nodiscard]] TensorReader& tensors() const { return *tensors_; }

  /// "CONV_2D (operator 12): <what>".
  [[nodiscard]] absl::Status Invalid(const std::string& what) const;
  [[nodiscard]] absl::Status Unsupported(const std::string& what) const;
  /// The same name before another function's message.
  [[nodiscard]] absl::Status Where(const absl::Status& status) const;

 private:
  [[nodiscard]] absl::Status CheckInt8(int id, const std::string& role) const;

  const fb::Operator& op_;
  int index_;
  std::string name_;
  TensorReader* tensors_;
};

/// "[1,4,4,8]".
std::string ShapeText(const ir::Tensor& tensor);

}  // namespace tinyrig::engine::read
