#include "engine/read/reader.h"

#include <algorithm>
#include <cstring>

#include "engine/read/op_reader.h"
#include "engine/read/registry.h"
#include "engine/read/tensor_reader.h"
#include "engine/read/tflite_generated.h"

namespace tinyrig::engine::read {
namespace {

constexpr flatbuffers::uoffset_t kMaxDepth = 16;
constexpr flatbuffers::uoffset_t kMaxTables = 100'000;
constexpr uint32_t kFormatVersion = 3;

/// A builtin operator as one op refers to it.
struct OpKind {
  fb::BuiltinOperator code{};
  std::string name;
};

absl::StatusOr<const fb::Model*> VerifyFile(std::span<const uint8_t> bytes) {
  if (bytes.size() < 8 ||
      !flatbuffers::BufferHasIdentifier(bytes.data(), fb::ModelIdentifier())) {
    return absl::InvalidArgumentError(
        "not a .tflite file: the identifier TFL3 is missing");
  }
  flatbuffers::Verifier verifier(bytes.data(), bytes.size(), kMaxDepth,
                                 kMaxTables);
  if (!fb::VerifyModelBuffer(verifier)) {
    return absl::InvalidArgumentError(
        "the .tflite file is truncated or corrupt (flatbuffers verifier)");
  }
  const fb::Model* model = fb::GetModel(bytes.data());
  if (model->version() != kFormatVersion) {
    return absl::UnimplementedError(absl::StrCat(
        "format version ", model->version(), ", only 3 is supported"));
  }
  return model;
}

absl::StatusOr<const fb::SubGraph*> MainSubGraph(const fb::Model& model) {
  if (model.subgraphs() == nullptr || model.subgraphs()->size() == 0) {
    return absl::InvalidArgumentError("the model has no subgraph");
  }
  const fb::SubGraph* graph = model.subgraphs()->Get(0);
  const size_t tensors = graph->tensors() ? graph->tensors()->size() : 0;
  const size_t ops = graph->operators() ? graph->operators()->size() : 0;
  if (tensors > static_cast<size_t>(kMaxTensors) ||
      ops > static_cast<size_t>(kMaxOperators)) {
    return absl::InvalidArgumentError(
        absl::StrCat(tensors, " tensors and ", ops, " operators, at most ",
                     kMaxTensors, " and ", kMaxOperators));
  }
  if (ops == 0) {
    return absl::InvalidArgumentError("the model has no operators");
  }
  return graph;
}

absl::StatusOr<OpKind> KindOf(const fb::Model& model, const fb::Operator& op,
                              int index) {
  const auto* codes = model.operator_codes();
  if (codes == nullptr || op.opcode_index() >= codes->size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("operator ", index, ": operator code ", op.opcode_index(),
                     " does not exist"));
  }
  const fb::OperatorCode& code = *codes->Get(op.opcode_index());
  OpKind kind;
  kind.code = static_cast<fb::BuiltinOperator>(
      std::max<int>(code.short_code(), code.code()));
  kind.name = BuiltinName(kind.code);
  if (kind.code == fb::BuiltinOperator::CUSTOM &&
      code.custom_code() != nullptr) {
    absl::StrAppend(&kind.name, " '", code.custom_code()->str().substr(0, 40),
                    "'");
  }
  return kind;
}

/// All operators are known before any tensor is read: the first message names
/// what cannot be had at all.
absl::StatusOr<std::vector<OpKind>> Kinds(const fb::Model& model,
                                          const fb::SubGraph& graph) {
  std::vector<OpKind> kinds;
  int index = 0;
  for (const fb::Operator* op : *graph.operators()) {
    ASSIGN_OR_RETURN(OpKind kind, KindOf(model, *op, index));
    if (FindReader(kind.code) == nullptr) {
      return absl::UnimplementedError(absl::StrCat(
          kind.name, " (operator ", index, ") is not supported; supported are ",
          SupportedOperators()));
    }
    kinds.push_back(std::move(kind));
    ++index;
  }
  return kinds;
}

using Ids = flatbuffers::Vector<int32_t>;

absl::Status CheckCount(const Ids* ids, const char* role) {
  if (ids == nullptr || ids->size() == 0 ||
      ids->size() > static_cast<size_t>(kMaxModelTensors)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the model has ", ids == nullptr ? 0 : ids->size(), " ",
                     role, "s, must be 1..", kMaxModelTensors));
  }
  return absl::OkStatus();
}

/// A model input or output: 8-bit or float32, with a scale where it needs one.
absl::Status CheckEdge(const ir::Graph& graph, int id,
                       const std::string& where) {
  const ir::Tensor& t = graph.tensor(id);
  const bool is_float = t.type == ir::DType::kFloat32;
  if (!is_float && t.type != ir::DType::kInt8 && t.type != ir::DType::kUint8) {
    return absl::UnimplementedError(
        absl::StrCat(where, " is neither int8, uint8 nor float32"));
  }
  if (!is_float) {
    RETURN_IF_ERROR(base::WithContext(CheckOneScale(t), where));
  }
  if (t.shape.size() > 1 && t.dim(0) != 1) {
    return absl::UnimplementedError(
        absl::StrCat(where, " has batch ", t.dim(0), ", only 1 is supported"));
  }
  return absl::OkStatus();
}

absl::Status ReadInputs(const fb::SubGraph& from, TensorReader* tensors) {
  RETURN_IF_ERROR(CheckCount(from.inputs(), "input"));
  for (const int32_t id : *from.inputs()) {
    const std::string where = absl::StrCat("model input (tensor ", id, ")");
    RETURN_IF_ERROR(base::WithContext(tensors->Load(id), where));
    if (tensors->IsMade(id)) {
      return absl::InvalidArgumentError(
          absl::StrCat(where, " is listed twice"));
    }
    RETURN_IF_ERROR(CheckEdge(tensors->graph(), id, where));
    tensors->SetMade(id);
    tensors->graph().inputs.push_back(id);
  }
  return absl::OkStatus();
}

absl::Status ReadOutputs(const fb::SubGraph& from, TensorReader* tensors) {
  RETURN_IF_ERROR(CheckCount(from.outputs(), "output"));
  std::vector<ir::TensorId>& outputs = tensors->graph().outputs;
  const std::vector<ir::TensorId>& inputs = tensors->graph().inputs;
  for (const int32_t id : *from.outputs()) {
    const std::string where = absl::StrCat("model output (tensor ", id, ")");
    RETURN_IF_ERROR(base::WithContext(tensors->Load(id), where));
    if (!tensors->IsMade(id) ||
        std::find(inputs.begin(), inputs.end(), id) != inputs.end() ||
        std::find(outputs.begin(), outputs.end(), id) != outputs.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat(where, " is not made by an operator, or listed twice"));
    }
    RETURN_IF_ERROR(CheckEdge(tensors->graph(), id, where));
    outputs.push_back(id);
  }
  return absl::OkStatus();
}

absl::StatusOr<ir::Graph> ReadAligned(std::span<const uint8_t> bytes,
                                      std::string name) {
  ASSIGN_OR_RETURN(const fb::Model* model, VerifyFile(bytes));
  ASSIGN_OR_RETURN(const fb::SubGraph* subgraph, MainSubGraph(*model));
  ASSIGN_OR_RETURN(std::vector<OpKind> kinds, Kinds(*model, *subgraph));

  ir::Graph graph;
  graph.name = std::move(name);
  TensorReader tensors(*model, *subgraph, &graph);
  RETURN_IF_ERROR(ReadInputs(*subgraph, &tensors));
  for (size_t i = 0; i < kinds.size(); ++i) {
    const auto index = static_cast<int>(i);
    OpReader op(
        *subgraph->operators()->Get(static_cast<flatbuffers::uoffset_t>(i)),
        index, kinds[i].name, &tensors);
    ASSIGN_OR_RETURN(ir::OpBody body, FindReader(kinds[i].code)(op));
    graph.ops.push_back({index, std::move(kinds[i].name), std::move(body)});
    tensors.SetMade(ir::OutputOf(graph.ops.back()));
  }
  RETURN_IF_ERROR(ReadOutputs(*subgraph, &tensors));
  tensors.CopyConstants();
  RETURN_IF_ERROR(ir::VerifyGraph(graph));
  return graph;
}

}  // namespace

absl::StatusOr<ir::Graph> ReadTflite(std::span<const uint8_t> bytes,
                                     std::string name) {
  if (static_cast<int64_t>(bytes.size()) > kMaxModelBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the model has ", bytes.size(), " bytes, at most ", kMaxModelBytes));
  }
  // Scalars are read in place, so the start must be aligned as in a file.
  if (reinterpret_cast<uintptr_t>(bytes.data()) % alignof(uint64_t) != 0) {
    std::vector<uint64_t> aligned((bytes.size() + 7) / 8);
    std::memcpy(aligned.data(), bytes.data(), bytes.size());
    return ReadAligned(
        {reinterpret_cast<const uint8_t*>(aligned.data()), bytes.size()},
        std::move(name));
  }
  return ReadAligned(bytes, std::move(name));
}

}  // namespace tinyrig::engine::read
