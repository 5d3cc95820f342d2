// The generated source, compiled for the host, against the recorded outputs of
// the TFLite Micro reference kernels (golden bytes) and our own interpreter.
#include <algorithm>
#include <filesystem>
#include <iostream>

#include <gtest/gtest.h>

#include "base/file.h"
#include "engine/emit/lower.h"
#include "engine/passes/passes.h"
#include "engine/read/reader.h"
#include "engine/reference/interpreter.h"
#include "engine/reference/testing/golden_inputs.h"
#include "tests/integration/host_model.h"

namespace tinyrig::tests {
namespace {

namespace fs = std::filesystem;
using engine::reference::testing::GoldenSample;
using engine::reference::testing::GoldenSamples;
using engine::reference::testing::InputBytes;

struct Case {
  const char* golden;
  const char* model;
};

const Case kCases[] = {
    {"kws", "mlperf_tiny/kws_ref_model.tflite"},
    {"vww96", "mlperf_tiny/vww_96_int8.tflite"},
    {"ic", "mlperf_tiny/pretrainedResnet_quant.tflite"},
    {"ad", "mlperf_tiny/ad01_int8.tflite"},
    {"mcunet-vww0", "mcunet/mcunet-vww0_10fps_vww.tflite"},
    {"mcunet-vww2", "mcunet/mcunet-vww2_320kb-1mb_vww.tflite"},
    {"mcunet-in2", "mcunet/mcunet-in2_256kb-1mb_imagenet.tflite"},
    {"mcunet-in3", "mcunet/mcunet-in3_320kb-1mb_imagenet.tflite"},
};

absl::StatusOr<engine::ir::Graph> Load(const fs::path& path) {
  ASSIGN_OR_RETURN(const auto bytes, base::ReadFile(path));
  ASSIGN_OR_RETURN(engine::ir::Graph graph,
                   engine::read::ReadTflite(bytes, path.stem().string()));
  RETURN_IF_ERROR(engine::passes::RunPasses(&graph));
  return graph;
}

class SharedModel : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    shared_ = TINYRIG_SHARED;
    if (!fs::exists(shared_ / "golden" / GetParam().golden)) {
      std::cerr << "SKIPPED: " << GetParam().golden
                << " needs TINYRIG_SHARED\n";
      GTEST_SKIP();
    }
  }
  fs::path shared_;
};

TEST_P(SharedModel, OutputsAreTheGoldenBytes) {
  const auto graph = Load(shared_ / "models" / GetParam().model);
  ASSERT_TRUE(graph.ok()) << graph.status();
  const auto elements =
      static_cast<size_t>(graph->tensor(graph->inputs[0]).elements());
  std::vector<std::vector<uint8_t>> samples;
  for (const GoldenSample& sample : GoldenSamples()) {
    samples.push_back(InputBytes(*graph, sample.Input(elements)));
  }
  const auto lowered = engine::emit::Lower(*graph, {});
  ASSERT_TRUE(lowered.ok()) << lowered.status();
  std::cout << GetParam().golden << ": arena " << lowered->arena_bytes()
            << " bytes by " << lowered->plan.planner << "\n";
  const auto outputs = RunOnHost(*lowered, samples, false);
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  for (size_t i = 0; i < samples.size(); ++i) {
    const std::string id = GoldenSamples()[i].id;
    const auto want = base::ReadFile(shared_ / "golden" / GetParam().golden /
                                     (id + ".out.bin"));
    ASSERT_TRUE(want.ok()) << want.status();
    EXPECT_EQ((*outputs)[i], *want) << id;
  }
  const auto interpreted =
      engine::reference::Interpret(lowered->graph, {samples[0]});
  ASSERT_TRUE(interpreted.ok()) << interpreted.status();
  EXPECT_EQ((*interpreted)[0], (*outputs)[0]);
}

std::string NameOfCase(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.golden;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Golden, SharedModel, testing::ValuesIn(kCases),
                         NameOfCase);

}  // namespace
}  // namespace tinyrig::tests
