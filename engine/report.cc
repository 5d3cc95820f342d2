#include "engine/report.h"

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "base/sha256.h"
#include "engine/ir/graph.h"

namespace tinyrig::engine {
namespace {

const char* NameOf(ir::DType type) {
  switch (type) {
    case ir::DType::kInt8:
      return "int8";
    case ir::DType::kUint8:
      return "uint8";
    case ir::DType::kInt16:
      return "int16";
    case ir::DType::kInt32:
      return "int32";
    case ir::DType::kFloat32:
      break;
  }
  return "float32";
}

void Describe(const ir::Tensor& tensor, v1::TensorInfo* info) {
  info->set_name(tensor.name);
  info->mutable_shape()->Add(tensor.shape.begin(), tensor.shape.end());
  info->set_type(NameOf(tensor.type));
  info->set_scale(tensor.quant.scale());
  info->set_zero_point(tensor.quant.zero_point());
  info->set_size_bytes(tensor.bytes());
}

void DescribeLayer(const emit::Lowered& lowered, size_t index,
                   v1::LayerInfo* layer) {
  const ir::Graph& graph = lowered.graph;
  const ir::Op& op = graph.ops[index];
  const ir::Tensor& input = graph.tensor(ir::ActivationInputs(op)[0]);
  const ir::Tensor& output = graph.tensor(ir::OutputOf(op));
  layer->set_index(static_cast<int>(index));
  layer->set_op(op.name);
  layer->set_name(output.name);
  layer->mutable_input_shape()->Add(input.shape.begin(), input.shape.end());
  layer->mutable_output_shape()->Add(output.shape.begin(), output.shape.end());
  layer->set_macs(ir::MacCount(graph, op));
  layer->set_weights_bytes(
      static_cast<int64_t>(lowered.codes[index].weights.size()));
  layer->set_file_index(op.file_index);
}

}  // namespace

void DescribeModel(const emit::Lowered& lowered, v1::CompiledModel* result) {
  const ir::Graph& graph = lowered.graph;
  for (const ir::TensorId id : graph.inputs) {
    Describe(graph.tensor(id), result->add_inputs());
  }
  for (const ir::TensorId id : graph.outputs) {
    Describe(graph.tensor(id), result->add_outputs());
  }
  int64_t macs = 0;
  for (size_t i = 0; i < graph.ops.size(); ++i) {
    DescribeLayer(lowered, i, result->add_layers());
    macs += result->layers(static_cast<int>(i)).macs();
  }
  result->set_macs(macs);
  result->set_input_preserved(lowered.input_preserved);
  for (size_t i = 0; i < lowered.requests.size(); ++i) {
    const plan::BufferRequest& request = lowered.requests[i];
    v1::PlanEntry* entry = result->add_plan();
    entry->set_tensor(request.name);
    entry->set_offset_bytes(lowered.plan.offsets[i]);
    entry->set_size_bytes(request.bytes);
    entry->set_first_layer(request.first_op);
    entry->set_last_layer(request.last_op);
  }
}

void DescribeImage(const boards::Board& board, const image::BuiltImage& built,
                   v1::CompiledModel* result) {
  result->set_firmware_version(built.firmware_version);
  result->set_compiler(built.compiler);
  result->set_compiler_flags(built.compiler_flags);
  result->set_image(built.bytes.data(), built.bytes.size());
  result->set_image_sha256(base::Sha256Hex(built.bytes));
  result->set_image_hash(built.hash);
  result->set_flash_base(board.image.flash_base);
  *result->mutable_memory() = built.memory;
  *result->mutable_flash() = built.flash;
}

std::string PrintReport(const v1::CompiledModel& model) {
  std::string text = absl::StrFormat(
      "%s for %s, engine %s, %s\nimage %s, %d bytes\n"
      "SRAM  arena %d, static %d, stack reserved %d\n"
      "flash weights %d, tables %d, model code %d, kernels %d, firmware %d\n"
      "%4s  %-18s %-22s %-22s %12s %10s\n",
      model.model_name(), model.board_id(), model.engine_version(),
      model.compiler(), model.image_sha256(), model.image().size(),
      model.memory().arena_bytes(), model.memory().static_bytes(),
      model.memory().stack_reserved_bytes(), model.flash().weights_bytes(),
      model.flash().tables_bytes(), model.flash().model_code_bytes(),
      model.flash().kernels_bytes(), model.flash().firmware_bytes(), "",
      "layer", "input", "output", "MACs", "weights");
  for (const v1::LayerInfo& layer : model.layers()) {
    absl::StrAppendFormat(&text, "%4d  %-18s %-22s %-22s %12d %10d\n",
                          layer.index(), layer.op(),
                          absl::StrJoin(layer.input_shape(), "x"),
                          absl::StrJoin(layer.output_shape(), "x"),
                          layer.macs(), layer.weights_bytes());
  }
  return text;
}

}  // namespace tinyrig::engine
