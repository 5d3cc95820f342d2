#include "server/testing/fabricate.h"

#include <span>

#include "base/sha256.h"
#include "proto/file/artifact.h"
#include "proto/file/dataset.h"

namespace tinyrig::servertest {

std::string Sha(const std::string& bytes) {
  return base::Sha256Hex(
      std::span(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
}

std::string MakeArtifact(const std::string& board_id, const std::string& salt) {
  v1::CompiledModel model;
  model.set_model_name("fabricated");
  model.set_model_sha256(Sha("model" + salt));
  model.set_board_id(board_id);
  model.set_engine_version("test-engine");
  model.set_image("image" + board_id + salt);
  model.set_image_sha256(Sha(model.image()));
  model.set_image_hash(Sha("hash" + board_id + salt).substr(0, 32));
  v1::TensorInfo* input = model.add_inputs();
  input->add_shape(1);
  input->add_shape(8);
  input->set_type("int8");
  input->set_size_bytes(8);
  v1::TensorInfo* output = model.add_outputs();
  output->add_shape(1);
  output->add_shape(4);
  output->set_type("int8");
  output->set_size_bytes(4);
  model.mutable_memory()->set_arena_bytes(1000);
  model.mutable_memory()->set_static_bytes(200);
  model.mutable_flash()->set_weights_bytes(3000);
  model.mutable_flash()->set_total_bytes(9000);
  for (int i = 0; i < 2; ++i) {
    v1::LayerInfo* layer = model.add_layers();
    layer->set_index(i);
    layer->set_op(i == 0 ? "CONV_2D" : "SOFTMAX");
    layer->set_macs(100 * i);
  }
  v1::PlanEntry* entry = model.add_plan();
  entry->set_tensor("input");
  entry->set_size_bytes(8);
  model.set_macs(100);
  return file::SerializeArtifact(model);
}

v1::DatasetFile MakeDataset(int count) {
  v1::DatasetFile file;
  file.set_preprocessing("raw");
  file.set_sample_bytes(8);
  file.set_class_count(4);
  for (int i = 0; i < count; ++i) {
    file.add_names("s" + std::to_string(i) + ".bin");
    file.add_labels(i % 4);
    file.mutable_inputs()->append(8, static_cast<char>(i));
  }
  return file;
}

std::string Packed(const v1::DatasetFile& dataset) {
  return file::SerializeDataset(dataset);
}

v1::DeviceResult MakeResult(const std::string& artifact, int runs,
                            const std::string& uid) {
  const v1::CompiledModel model = file::ParseArtifact(artifact).value();
  v1::DeviceResult result;
  result.set_board_uid(uid);
  result.set_image_hash(model.image_hash());
  for (int i = 0; i < runs; ++i) {
    result.add_cycles(1000 + 10 * ((i * 7) % runs));
  }
  result.set_instructions(900);
  result.add_layer_cycles(750);
  result.add_layer_cycles(250);
  result.set_stack_peak_bytes(321);
  result.set_stack_reserved_bytes(8192);
  result.set_static_bytes(200);
  result.set_arena_bytes(1000);
  result.set_clock_hz(100'000'000);
  result.set_flash_acr(0x703);
  result.set_ccr(0x30000);
  result.set_run_overhead_cycles(5);
  result.set_timing_model("m4-test-v1");
  result.set_flash_s(1.5);
  result.set_board_s(0.5);
  return result;
}

std::string OutputOf(int64_t index, size_t bytes) {
  std::string output(bytes, '\x81');  // -127
  const int64_t winner = index % 10 == 9 ? (index + 1) % 4 : index % 4;
  output[static_cast<size_t>(winner) % bytes] = 100;
  return output;
}

}  // namespace tinyrig::servertest
