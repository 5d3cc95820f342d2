// Holds reader, passes and interpreter against the recorded outputs of the
// TFLite Micro reference kernels: every layer of the graph as read (CRC-32),
// and every output byte after the passes.
#include <algorithm>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/passes/passes.h"
#include "engine/read/reader.h"
#include "engine/reference/interpreter.h"
#include "engine/reference/testing/golden_files.h"
#include "engine/reference/testing/golden_inputs.h"

namespace tinyrig::engine::reference {
namespace {

namespace fs = std::filesystem;
using testing::Bytes;
using testing::Crc;
using testing::HaveShared;
using testing::Layer;
using testing::ReadBytes;
using testing::ReadLayers;

struct Model {
  const char* id;    ///< folder of the recorded outputs
  const char* path;  ///< under models/
};

void PrintTo(const Model& model, std::ostream* out) {
  *out << model.id;
}

ir::Graph ReadModel(const Model& model) {
  const Bytes file =
      ReadBytes(fs::path(TINYRIG_SHARED) / "models" / model.path);
  auto graph = read::ReadTflite(file, model.id);
  EXPECT_TRUE(graph.ok()) << graph.status();
  return graph.ok() ? *std::move(graph) : ir::Graph{};
}

/// Runs one sample and compares each layer with the recording.
std::vector<Bytes> RunLayers(const ir::Graph& graph, const Bytes& input,
                             const std::vector<Layer>& layers) {
  int wrong = 0;
  auto outputs = Interpret(
      graph, {input},
      [&](int at, ir::TensorId id, std::span<const uint8_t> bytes) {
        const Layer& want = layers[static_cast<size_t>(at)];
        EXPECT_EQ(graph.ops[static_cast<size_t>(at)].name, want.name);
        EXPECT_EQ(id, want.tensor);
        if (Crc(bytes) != want.crc && ++wrong == 1) {
          ADD_FAILURE() << "first wrong layer: " << at << " " << want.name;
        }
      });
  EXPECT_TRUE(outputs.ok()) << outputs.status();
  return outputs.ok() ? *outputs : std::vector<Bytes>{};
}

Bytes Concatenate(const std::vector<Bytes>& parts) {
  Bytes all;
  for (const Bytes& part : parts) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

class Golden : public ::testing::TestWithParam<Model> {};

TEST_P(Golden, EveryLayerAndOutputIsBitExact) {
  if (!HaveShared()) {
    GTEST_SKIP();
  }
  const ir::Graph graph = ReadModel(GetParam());
  ir::Graph passed = graph;
  ASSERT_TRUE(passes::RunPasses(&passed).ok());
  const fs::path folder = fs::path(TINYRIG_SHARED) / "golden" / GetParam().id;
  const auto count =
      static_cast<size_t>(graph.tensor(graph.inputs.at(0)).elements());
  for (const testing::GoldenSample& sample : testing::GoldenSamples()) {
    SCOPED_TRACE(sample.id);
    const auto layers = ReadLayers(folder / (sample.id + ".ops.txt"));
    ASSERT_EQ(layers.size(), graph.ops.size());
    const Bytes input = testing::InputBytes(graph, sample.Input(count));
    const Bytes want = ReadBytes(folder / (sample.id + ".out.bin"));
    EXPECT_EQ(Concatenate(RunLayers(graph, input, layers)), want);
    const auto after = Interpret(passed, {input});
    ASSERT_TRUE(after.ok()) << after.status();
    EXPECT_EQ(Concatenate(*after), want) << "after the passes";
    if (HasFailure()) {
      return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Models, Golden,
    ::testing::Values(
        Model{"kws", "mlperf_tiny/kws_ref_model.tflite"},
        Model{"vww96", "mlperf_tiny/vww_96_int8.tflite"},
        Model{"ic", "mlperf_tiny/pretrainedResnet_quant.tflite"},
        Model{"ad", "mlperf_tiny/ad01_int8.tflite"},
        Model{"mcunet-vww0", "mcunet/mcunet-vww0_10fps_vww.tflite"},
        Model{"mcunet-vww2", "mcunet/mcunet-vww2_320kb-1mb_vww.tflite"},
        Model{"mcunet-in2", "mcunet/mcunet-in2_256kb-1mb_imagenet.tflite"},
        Model{"mcunet-in3", "mcunet/mcunet-in3_320kb-1mb_imagenet.tflite"}));

struct Cut {
  Model model;
  size_t operators;
};

// These begin with a float32 input, which no whole supported model has.
TEST(GoldenPrefix, EveryLayerBeforeAnUnsupportedOneIsBitExact) {
  if (!HaveShared()) {
    GTEST_SKIP();
  }
  const fs::path shared(TINYRIG_SHARED);
  for (const Cut& cut :
       {Cut{{"te_vww", "tinyengine/vww.tflite"}, 58},
        Cut{{"te_detection", "tinyengine/detection.tflite"}, 37},
        Cut{{"te_mcunetv2", "tinyengine/mcunetv2_large.tflite"}, 14}}) {
    SCOPED_TRACE(cut.model.id);
    const auto graph = read::ReadTflite(
        testing::FirstOperators(ReadBytes(shared / "models" / cut.model.path),
                                cut.operators),
        cut.model.id);
    ASSERT_TRUE(graph.ok()) << graph.status();
    const auto count =
        static_cast<size_t>(graph->tensor(graph->inputs.at(0)).elements());
    for (const testing::GoldenSample& sample : testing::GoldenSamples()) {
      const auto layers = ReadLayers(shared / "golden" / cut.model.id /
                                     (sample.id + ".ops.txt"));
      ASSERT_GE(layers.size(), graph->ops.size());
      RunLayers(*graph, testing::InputBytes(*graph, sample.Input(count)),
                layers);
      ASSERT_FALSE(HasFailure()) << sample.id;
    }
  }
}

struct Refused {
  const char* path;
  const char* message;
};

TEST(GoldenRefusal, NamesTheOperatorAndItsIndex) {
  if (!HaveShared()) {
    GTEST_SKIP();
  }
  for (const Refused& model :
       {Refused{"tinyengine/vww.tflite", "TRANSPOSE (operator 58)"},
        Refused{"tinyengine/detection.tflite",
                "RESIZE_NEAREST_NEIGHBOR (operator 37)"},
        Refused{"tinyengine/mcunetv2_large.tflite", "MUL (operator 19)"},
        Refused{"mcunet/person-det.tflite",
                "RESIZE_NEAREST_NEIGHBOR (operator 37)"}}) {
    const auto graph = read::ReadTflite(
        ReadBytes(fs::path(TINYRIG_SHARED) / "models" / model.path), "x");
    EXPECT_EQ(graph.status().code(), absl::StatusCode::kUnimplemented);
    EXPECT_THAT(std::string(graph.status().message()),
                ::testing::HasSubstr(model.message));
  }
}

TEST(GoldenDataset, KwsGivesTheRecordedBytesOnAThousandSamples) {
  if (!HaveShared()) {
    GTEST_SKIP();
  }
  ir::Graph graph = ReadModel({"kws", "mlperf_tiny/kws_ref_model.tflite"});
  ASSERT_TRUE(passes::RunPasses(&graph).ok());
  const fs::path shared(TINYRIG_SHARED);
  std::vector<fs::path> samples;
  for (const auto& entry : fs::directory_iterator(shared / "datasets/kws01")) {
    if (entry.path().extension() == ".bin") {
      samples.push_back(entry.path());
    }
  }
  std::sort(samples.begin(), samples.end());
  ASSERT_EQ(samples.size(), 1000U);
  Bytes all;
  for (const fs::path& sample : samples) {
    const auto outputs = Interpret(graph, {ReadBytes(sample)});
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    all.insert(all.end(), outputs->at(0).begin(), outputs->at(0).end());
  }
  EXPECT_EQ(all, ReadBytes(shared / "golden/kws/kws01_1000_outputs.bin"));
}

}  // namespace
}  // namespace tinyrig::engine::reference
