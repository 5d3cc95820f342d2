// Generated source of one-op models, compiled for the host with ASan and UBSan,
// against the interpreter on seeded random inputs.
#include <cstring>
#include <random>

#include <gtest/gtest.h>

#include "engine/emit/testing/one_op_models.h"
#include "engine/passes/passes.h"
#include "engine/read/reader.h"
#include "engine/reference/interpreter.h"
#include "tests/integration/host_model.h"

namespace tinyrig::tests {
namespace {

using engine::emit::testing::OneOpModel;

std::vector<uint8_t> RandomInput(const engine::ir::Tensor& tensor,
                                 std::mt19937* random) {
  std::vector<uint8_t> bytes(static_cast<size_t>(tensor.bytes()));
  if (tensor.type == engine::ir::DType::kFloat32) {
    for (size_t i = 0; i < bytes.size(); i += 4) {
      const float value = static_cast<float>((*random)() % 4000) / 50 - 40;
      std::memcpy(&bytes[i], &value, 4);
    }
    return bytes;
  }
  for (uint8_t& byte : bytes) {
    byte = static_cast<uint8_t>((*random)());
  }
  return bytes;
}

class OneOp : public testing::TestWithParam<OneOpModel> {};

TEST_P(OneOp, IsTheInterpreter) {
  auto graph = engine::read::ReadTflite(GetParam().tflite, GetParam().name);
  ASSERT_TRUE(graph.ok()) << graph.status();
  ASSERT_TRUE(engine::passes::RunPasses(&*graph).ok());
  const auto lowered = engine::emit::Lower(*graph, {});
  ASSERT_TRUE(lowered.ok()) << lowered.status();
  std::mt19937 random(99);
  std::vector<std::vector<uint8_t>> samples;
  for (int i = 0; i < 50; ++i) {
    samples.push_back(RandomInput(graph->tensor(graph->inputs[0]), &random));
  }
  const auto outputs = RunOnHost(*lowered, samples, true);
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  for (size_t i = 0; i < samples.size(); ++i) {
    const auto want = engine::reference::Interpret(*graph, {samples[i]});
    ASSERT_TRUE(want.ok()) << want.status();
    ASSERT_EQ((*outputs)[i], (*want)[0]) << "sample " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, OneOp, testing::ValuesIn(engine::emit::testing::OneOpModels()),
    [](const testing::TestParamInfo<OneOpModel>& one) {
      return one.param.name;
    });

}  // namespace
}  // namespace tinyrig::tests
