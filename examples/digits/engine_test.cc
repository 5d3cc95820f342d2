// The engine reads the committed model and gives, by its reference interpreter,
// the bytes that the program's own integer arithmetic gave.
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/file.h"
#include "engine/read/reader.h"
#include "engine/reference/interpreter.h"
#include "examples/digits/committed_files.h"
#include "examples/digits/train/int8_eval.h"
#include "examples/digits/train/tflite_writer.h"
#include "proto/file/dataset.h"

namespace tinyrig::digits {
namespace {

using engine::ir::Graph;

absl::StatusOr<std::vector<int8_t>> RunEngine(
    const Graph& graph, const std::vector<uint8_t>& input) {
  ASSIGN_OR_RETURN(const auto outputs,
                   engine::reference::Interpret(graph, {input}));
  return std::vector<int8_t>(outputs.at(0).begin(), outputs.at(0).end());
}

TEST(CommittedModel, HasTheOperatorsAndMacsThatTheReadmeStates) {
  const auto bytes = base::ReadFile(ExampleFolder() / "digits.tflite");
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(bytes->size(), 20560U);
  const auto graph = engine::read::ReadTflite(*bytes, "digits");
  ASSERT_TRUE(graph.ok()) << graph.status();
  std::vector<std::string> names;
  int64_t macs = 0;
  for (const engine::ir::Op& op : graph->ops) {
    names.push_back(op.name);
    macs += engine::ir::MacCount(*graph, op);
  }
  EXPECT_THAT(
      names, testing::ElementsAre(
                 "CONV_2D", "DEPTHWISE_CONV_2D", "CONV_2D", "DEPTHWISE_CONV_2D",
                 "CONV_2D", "DEPTHWISE_CONV_2D", "CONV_2D", "AVERAGE_POOL_2D",
                 "RESHAPE", "FULLY_CONNECTED", "SOFTMAX"));
  EXPECT_EQ(macs, 368128);
}

TEST(CommittedModel, GivesExpectedBytesAndStatedAccuracy) {
  const auto bytes = base::ReadFile(ExampleFolder() / "digits.tflite");
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  const auto graph = engine::read::ReadTflite(*bytes, "digits");
  ASSERT_TRUE(graph.ok()) << graph.status();
  const auto rows = ReadExpected();
  ASSERT_TRUE(rows.ok()) << rows.status();
  const auto packed = base::ReadFile(ExampleFolder() / "dataset");
  ASSERT_TRUE(packed.ok()) << packed.status();
  const auto dataset = file::ParseDataset(*packed);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  ASSERT_EQ(std::ssize(*rows), dataset->names_size());
  Accuracy got;
  for (const Expected& row : *rows) {
    EXPECT_EQ(dataset->names(got.total), row.file);
    const std::string& inputs = dataset->inputs();
    const auto at = inputs.begin() + got.total * dataset->sample_bytes();
    const auto output = RunEngine(*graph, {at, at + dataset->sample_bytes()});
    ASSERT_TRUE(output.ok()) << output.status();
    EXPECT_EQ(*output, row.output) << row.file;
    got.correct += ArgMax(*output) == row.label ? 1 : 0;
    ++got.total;
  }
  const auto stated = StatedAccuracy();
  ASSERT_TRUE(stated.ok()) << stated.status();
  EXPECT_EQ(got.correct, stated->correct);
  EXPECT_EQ(got.total, stated->total);
}

// Networks of other scales than the trained one's: saturated sums, softmaxes
// flat and steep.
TEST(RandomModels, AreReadAndRunAsTheProgramRunsThem) {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    Random random(seed, 0);
    Network network = RandomNetwork(DigitsLayers(), random);
    for (float& weight : network.parameters.back().weights) {
      weight *= static_cast<float>(seed * seed);
    }
    for (Parameters& layer : network.parameters) {
      for (float& bias : layer.bias) {
        bias = static_cast<float>(random.Between(-0.5, 0.5));
      }
    }
    const std::vector<Image> images = {DrawSample(seed, Split::kTrain, 0),
                                       DrawSample(seed, Split::kTrain, 1)};
    const QuantModel model = Quantise(network, images);
    const auto graph = engine::read::ReadTflite(WriteTflite(model), "random");
    ASSERT_TRUE(graph.ok()) << graph.status();
    for (uint64_t i = 0; i < 10; ++i) {
      const auto input = QuantInput(DrawSample(seed, Split::kTest, i));
      const auto output = RunEngine(*graph, {input.begin(), input.end()});
      ASSERT_TRUE(output.ok()) << output.status();
      EXPECT_EQ(*output, Evaluate(model, input)) << seed << " " << i;
    }
  }
}

}  // namespace
}  // namespace tinyrig::digits
