#include "engine/read/tensor_reader.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/read/reader.h"

namespace tinyrig::engine::read {
namespace {

constexpr size_t kMaxNameLength = 96;

/// A name that is safe in messages: printable, short.
std::string CleanName(const flatbuffers::String* name) {
  if (name == nullptr) {
    return "";
  }
  std::string text(name->c_str(),
                   std::min<size_t>(name->size(), kMaxNameLength));
  for (char& c : text) {
    if (c < ' ' || c > '~') {
      c = '?';
    }
  }
  return text;
}

absl::StatusOr<ir::DType> TypeOf(fb::TensorType type) {
  switch (type) {
    case fb::TensorType::INT8:
      return ir::DType::kInt8;
    case fb::TensorType::UINT8:
      return ir::DType::kUint8;
    case fb::TensorType::INT16:
      return ir::DType::kInt16;
    case fb::TensorType::INT32:
      return ir::DType::kInt32;
    case fb::TensorType::FLOAT32:
      return ir::DType::kFloat32;
    default:
      break;
  }
  const std::string_view name = fb::EnumNameTensorType(type);
  return absl::UnimplementedError(absl::StrCat(
      "type ",
      name.empty() ? std::to_string(static_cast<int>(type)) : std::string(name),
      " is not supported"));
}

const fb::Tensor& TensorOf(const fb::SubGraph& subgraph, int id) {
  return *subgraph.tensors()->Get(static_cast<flatbuffers::uoffset_t>(id));
}

/// The buffer of a tensor for which HasData holds.
const fb::Buffer& BufferOf(const fb::Model& model, const fb::SubGraph& subgraph,
                           int id) {
  return *model.buffers()->Get(TensorOf(subgraph, id).buffer());
}

}  // namespace

TensorReader::TensorReader(const fb::Model& model, const fb::SubGraph& subgraph,
                           ir::Graph* graph)
    : model_(model), subgraph_(subgraph), graph_(graph) {
  const size_t count =
      subgraph.tensors() == nullptr ? 0 : subgraph.tensors()->size();
  graph_->tensors.resize(count);
  loaded_.resize(count);
  made_.resize(count);
  constant_.resize(count);
}

absl::Status CheckOneScale(const ir::Tensor& tensor) {
  if (tensor.quant.scales.size() != 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "has ", tensor.quant.scales.size(), " scales, needs exactly 1"));
  }
  if (tensor.quant.scale() <= 0.0F) {
    return absl::InvalidArgumentError(
        absl::StrCat("has scale ", tensor.quant.scale(), ", must be above 0"));
  }
  return absl::OkStatus();
}

absl::Status TensorReader::Charge(int64_t bytes) {
  charged_bytes_ += bytes;
  if (charged_bytes_ > kMaxConstantBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("constants need more than ", kMaxConstantBytes, " bytes"));
  }
  return absl::OkStatus();
}

absl::Status TensorReader::Load(int id) {
  if (id < 0 || id >= static_cast<int>(loaded_.size())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "tensor index ", id, " is outside 0..", loaded_.size(), " exclusive"));
  }
  if (loaded_[static_cast<size_t>(id)]) {
    return absl::OkStatus();
  }
  const fb::Tensor& from = TensorOf(subgraph_, id);
  ir::Tensor to;
  to.name = CleanName(from.name());
  const std::string where = absl::StrCat("tensor ", id, " '", to.name, "'");
  if (from.is_variable() || from.sparsity() != nullptr) {
    return absl::UnimplementedError(
        absl::StrCat(where, ": variable or sparse tensors are not supported"));
  }
  const absl::StatusOr<ir::DType> type = TypeOf(from.type());
  if (!type.ok()) {
    return base::WithContext(type.status(), where);
  }
  to.type = *type;
  RETURN_IF_ERROR(base::WithContext(LoadShape(from, &to), where));
  if (from.quantization() != nullptr) {
    RETURN_IF_ERROR(
        base::WithContext(LoadQuant(*from.quantization(), &to), where));
  }
  graph_->tensor(id) = std::move(to);
  loaded_[static_cast<size_t>(id)] = true;
  return absl::OkStatus();
}

absl::Status TensorReader::LoadShape(const fb::Tensor& from,
                                     ir::Tensor* to) const {
  const size_t rank = from.shape() == nullptr ? 0 : from.shape()->size();
  if (rank > static_cast<size_t>(kMaxRank)) {
    return absl::UnimplementedError(
        absl::StrCat(rank, " dimensions, at most ", kMaxRank));
  }
  // A dynamic batch of 1 is what converters write by default; no other dim may
  // be open.
  const auto* signature = from.shape_signature();
  if (signature != nullptr && signature->size() > 0) {
    for (flatbuffers::uoffset_t d = 0; d < signature->size(); ++d) {
      if (signature->Get(d) < 0 && (d != 0 || rank == 0)) {
        return absl::UnimplementedError(
            absl::StrCat("dimension ", d,
                         " is dynamic; convert the model with "
                         "a fixed input shape"));
      }
    }
  }
  int64_t bytes = ir::ElementBytes(to->type);
  for (size_t d = 0; d < rank; ++d) {
    const int32_t dim =
        from.shape()->Get(static_cast<flatbuffers::uoffset_t>(d));
    if (dim < 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("dimension ", d, " is ", dim, ", must be 1 or more"));
    }
    if (bytes > kMaxTensorBytes / dim) {
      return absl::InvalidArgumentError(
          absl::StrCat("larger than ", kMaxTensorBytes, " bytes"));
    }
    bytes *= dim;
    to->shape.push_back(dim);
  }
  return absl::OkStatus();
}

absl::Status TensorReader::LoadQuant(const fb::Quantization& from,
                                     ir::Tensor* to) {
  if (from.details_type() != 0) {
    return absl::UnimplementedError("custom quantisation is not supported");
  }
  const size_t count = from.scale() == nullptr ? 0 : from.scale()->size();
  const size_t zeros =
      from.zero_point() == nullptr ? 0 : from.zero_point()->size();
  if (count == 0) {
    return absl::OkStatus();
  }
  const int axis = from.quantized_dimension();
  if (count > 1 &&
      (axis < 0 || axis >= static_cast<int>(to->shape.size()) ||
       static_cast<int64_t>(count) != to->shape[static_cast<size_t>(axis)])) {
    return absl::InvalidArgumentError(absl::StrCat(
        count, " scales along axis ", axis, " do not match the shape"));
  }
  if (zeros != count && zeros != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(zeros, " zero points for ", count, " scales"));
  }
  RETURN_IF_ERROR(Charge(static_cast<int64_t>(count) * 8));
  to->quant.axis = count > 1 ? axis : 0;
  to->quant.scales.resize(count);
  to->quant.zero_points.resize(count);
  const int64_t low = to->type == ir::DType::kUint8 ? 0 : -128;
  for (size_t i = 0; i < count; ++i) {
    const float scale = from.scale()->Get(static_cast<uint32_t>(i));
    int64_t zero = 0;
    if (zeros != 0) {
      // Some files hold 8-byte numbers at odd multiples of 4.
      std::memcpy(&zero, from.zero_point()->Data() + 8 * i, sizeof(zero));
    }
    if (!std::isfinite(scale) || scale == 0.0F) {
      return absl::InvalidArgumentError(
          absl::StrCat("scale ", i, " is ", scale));
    }
    if (zero < low || zero > low + 255) {
      return absl::InvalidArgumentError(
          absl::StrCat("zero point ", i, " is ", zero, ", outside its type"));
    }
    to->quant.scales[i] = scale;
    to->quant.zero_points[i] = static_cast<int32_t>(zero);
  }
  return absl::OkStatus();
}

bool TensorReader::HasData(int id) const {
  const uint32_t index = TensorOf(subgraph_, id).buffer();
  if (index == 0 || model_.buffers() == nullptr ||
      index >= model_.buffers()->size()) {
    return false;
  }
  const fb::Buffer& buffer = *model_.buffers()->Get(index);
  return buffer.offset() > 1 ||
         (buffer.data() != nullptr && buffer.data()->size() > 0);
}

absl::Status TensorReader::LoadConstant(int id) {
  RETURN_IF_ERROR(Load(id));
  if (constant_[static_cast<size_t>(id)]) {
    return absl::OkStatus();
  }
  const ir::Tensor& tensor = graph_->tensor(id);
  const std::string where = absl::StrCat("tensor ", id, " '", tensor.name, "'");
  if (!HasData(id)) {
    return absl::InvalidArgumentError(
        absl::StrCat(where, ": must be a constant, but the file has no data"));
  }
  const fb::Buffer& buffer = BufferOf(model_, subgraph_, id);
  if (buffer.offset() > 1 || buffer.data() == nullptr) {
    return absl::UnimplementedError(
        absl::StrCat(where, ": data outside the flatbuffer is not supported"));
  }
  if (static_cast<int64_t>(buffer.data()->size()) != tensor.bytes()) {
    return absl::InvalidArgumentError(
        absl::StrCat(where, ": the file holds ", buffer.data()->size(),
                     " bytes, the shape needs ", tensor.bytes()));
  }
  RETURN_IF_ERROR(Charge(tensor.bytes()));
  constant_[static_cast<size_t>(id)] = true;
  return absl::OkStatus();
}

const flatbuffers::Vector<uint8_t>& TensorReader::DataOf(int id) const {
  return *BufferOf(model_, subgraph_, id).data();
}

void TensorReader::CopyConstants() {
  for (int id = 0; id < static_cast<int>(constant_.size()); ++id) {
    if (constant_[static_cast<size_t>(id)]) {
      const auto& data = DataOf(id);
      graph_->tensor(id).data.assign(data.begin(), data.end());
    }
  }
}

}  // namespace tinyrig::engine::read
