#include "engine/read/op_reader.h"

#include "absl/strings/str_join.h"

#include "base/bytes.h"

namespace tinyrig::engine::read {

OpReader::OpReader(const fb::Operator& op, int index, std::string name,
                   TensorReader* tensors)
    : op_(op), index_(index), name_(std::move(name)), tensors_(tensors) {}

std::string ShapeText(const ir::Tensor& tensor) {
  return absl::StrCat("[", absl::StrJoin(tensor.shape, ","), "]");
}

absl::Status OpReader::Where(const absl::Status& status) const {
  return base::WithContext(status,
                           absl::StrCat(name_, " (operator ", index_, ")"));
}

absl::Status OpReader::Invalid(const std::string& what) const {
  return Where(absl::InvalidArgumentError(what));
}

absl::Status OpReader::Unsupported(const std::string& what) const {
  return Where(absl::UnimplementedError(what));
}

int OpReader::InputId(int i) const {
  const auto* inputs = op_.inputs();
  return inputs == nullptr || i >= static_cast<int>(inputs->size())
             ? ir::kNoTensor
             : inputs->Get(static_cast<flatbuffers::uoffset_t>(i));
}

absl::StatusOr<int> OpReader::AnyActivation(int i) {
  const int id = InputId(i);
  if (id == ir::kNoTensor) {
    return Invalid(absl::StrCat("input ", i, " is missing"));
  }
  RETURN_IF_ERROR(Where(tensors_->Load(id)));
  if (!tensors_->IsMade(id)) {
    return tensors_->HasData(id)
               ? Unsupported(absl::StrCat("input ", i, " (tensor ", id,
                                          ") is a constant"))
               : Invalid(absl::StrCat("input ", i, " (tensor ", id,
                                      ") is used before it is made"));
  }
  return id;
}

absl::StatusOr<int> OpReader::Int8Activation(int i) {
  ASSIGN_OR_RETURN(const int id, AnyActivation(i));
  RETURN_IF_ERROR(CheckInt8(id, absl::StrCat("input ", i)));
  return id;
}

absl::Status OpReader::CheckInt8(int id, const std::string& role) const {
  const ir::Tensor& t = tensor(id);
  if (t.type == ir::DType::kFloat32) {
    return Invalid(absl::StrCat(
        role,
        " is float32: this is a float model; quantise it to full int8 (TFLite "
        "converter: optimizations=[DEFAULT], a representative_dataset, "
        "supported_ops=[TFLITE_BUILTINS_INT8])"));
  }
  if (t.type != ir::DType::kInt8) {
    return Unsupported(absl::StrCat(
        role, " (tensor ", id, ") is not int8; quantise the model to int8"));
  }
  return Where(base::WithContext(CheckOneScale(t),
                                 absl::StrCat(role, " (tensor ", id, ")")));
}

absl::StatusOr<int> OpReader::Constant(int i, ir::DType type) {
  const int id = InputId(i);
  if (id == ir::kNoTensor) {
    return Invalid(absl::StrCat("input ", i, " is missing"));
  }
  RETURN_IF_ERROR(Where(tensors_->Load(id)));
  if (tensors_->IsMade(id) || !tensors_->HasData(id)) {
    return Unsupported(
        absl::StrCat("input ", i, " (tensor ", id, ") is not a constant"));
  }
  if (tensor(id).type == ir::DType::kFloat32) {
    return Invalid(absl::StrCat("input ", i, " (tensor ", id,
                                ") is float32: this is a float model; "
                                "quantise it to full int8"));
  }
  if (tensor(id).type != type) {
    return Unsupported(
        absl::StrCat("input ", i, " (tensor ", id, ") is not ",
                     type == ir::DType::kInt8 ? "int8" : "int32"));
  }
  RETURN_IF_ERROR(Where(tensors_->LoadConstant(id)));
  return id;
}

absl::StatusOr<std::vector<int32_t>> OpReader::Int32Values(int i,
                                                           int64_t most) {
  ASSIGN_OR_RETURN(const int id, Constant(i, ir::DType::kInt32));
  const ir::Tensor& t = tensor(id);
  if (t.elements() > most) {
    return Invalid(absl::StrCat("input ", i, " has ", t.elements(),
                                " values, at most ", most));
  }
  std::vector<int32_t> values;
  const uint8_t* bytes = tensors_->DataOf(id).data();
  for (int64_t at = 0; at < t.bytes(); at += 4) {
    values.push_back(static_cast<int32_t>(base::LoadLe32(bytes + at)));
  }
  return values;
}

absl::StatusOr<int> OpReader::AnyOutput() {
  if (op_.outputs() == nullptr || op_.outputs()->size() != 1) {
    return Invalid("must have exactly one output");
  }
  const int id = op_.outputs()->Get(0);
  RETURN_IF_ERROR(Where(tensors_->Load(id)));
  if (tensors_->IsMade(id) || tensors_->HasData(id)) {
    return Invalid(absl::StrCat("output (tensor ", id,
                                ") is a constant or has a value already"));
  }
  return id;
}

absl::StatusOr<int> OpReader::Int8Output() {
  ASSIGN_OR_RETURN(const int id, AnyOutput());
  RETURN_IF_ERROR(CheckInt8(id, "output"));
  return id;
}

absl::Status OpReader::CheckImage(int id) const {
  const ir::Tensor& t = tensor(id);
  if (t.shape.size() != 4) {
    return Unsupported(absl::StrCat("tensor ", id, " has shape ", ShapeText(t),
                                    ", needs [1,height,width,channels]"));
  }
  if (t.dim(0) != 1) {
    return Unsupported(absl::StrCat("tensor ", id, " has batch ", t.dim(0),
                                    ", only 1 is supported"));
  }
  return absl::OkStatus();
}

}  // namespace tinyrig::engine::read
