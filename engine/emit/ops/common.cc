#include "engine/emit/ops/common.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace tinyrig::engine::emit {

absl::Status RequireInt8(const ir::Graph& graph, const ir::Op& op,
                         ir::TensorId id) {
  const ir::Tensor& tensor = graph.tensor(id);
  if (tensor.type != ir::DType::kInt8) {
    return absl::UnimplementedError(
        absl::StrCat(ir::OpLabel(op), ": tensor ", tensor.name,
                     " is not int8; quantise the model to int8"));
  }
  if (tensor.is_constant()) {
    return absl::UnimplementedError(
        absl::StrCat(ir::OpLabel(op), ": input ", tensor.name,
                     " is a constant; only weights and biases may be"));
  }
  return absl::OkStatus();
}

absl::Status RequireImage(const ir::Graph& graph, const ir::Op& op,
                          ir::TensorId id) {
  RETURN_IF_ERROR(RequireInt8(graph, op, id));
  const ir::Tensor& tensor = graph.tensor(id);
  if (tensor.shape.size() > 4 ||
      (tensor.shape.size() == 4 && tensor.shape[0] != 1)) {
    return absl::UnimplementedError(absl::StrCat(
        ir::OpLabel(op), ": tensor ", tensor.name, " has shape [",
        absl::StrJoin(tensor.shape, ", "), "], wanted a batch of 1"));
  }
  return absl::OkStatus();
}

void AddWindow(const ir::Graph& graph, ir::TensorId input, ir::TensorId output,
               const ir::Window& window, OpCode* code) {
  code->Int("kInH", graph.tensor(input).dim(-3));
  code->Int("kInW", graph.tensor(input).dim(-2));
  code->Int("kOutH", graph.tensor(output).dim(-3));
  code->Int("kOutW", graph.tensor(output).dim(-2));
  code->Int("kFilterH", window.filter_h);
  code->Int("kFilterW", window.filter_w);
  code->Int("kStrideH", window.stride_h);
  code->Int("kStrideW", window.stride_w);
  code->Int("kPadTop", window.pad_top);
  code->Int("kPadLeft", window.pad_left);
}

void AddClamp(const ir::Clamp& clamp, OpCode* code) {
  code->Int("kMin", clamp.min);
  code->Int("kMax", clamp.max);
}

void UseInOut(OpCode* code) {
  code->parameters = {{Role::kInput, "const int8_t*"},
                      {Role::kOutput, "int8_t*"}};
}

void UseInOutWeights(OpCode* code) {
  UseInOut(code);
  code->parameters.push_back({Role::kWeights, "const uint8_t*"});
  code->parameters.push_back(
      {Role::kQuant, "const tinyrig::kernels::ChannelQuant*"});
}

std::span<const uint8_t> BiasOf(const ir::Graph& graph, ir::TensorId id) {
  if (id == ir::kNoTensor) {
    return {};
  }
  return graph.tensor(id).data;
}

std::string ByteType(ir::DType type) {
  switch (type) {
    case ir::DType::kInt8:
      return "int8_t";
    case ir::DType::kUint8:
      return "uint8_t";
    case ir::DType::kInt16:
    case ir::DType::kInt32:
    case ir::DType::kFloat32:
      break;
  }
  return "";
}

}  // namespace tinyrig::engine::emit
