// MEAN against the recordings. mcunetv2_large averages in two steps, over the
// width (operator 14) and then over the height (15): here a mean over height
// and width of one row each, and of one column.
#include <cstring>

#include <gtest/gtest.h>

#include "engine/read/reader.h"
#include "engine/read/testing/model_builder.h"
#include "engine/reference/interpreter.h"
#include "engine/reference/testing/golden_files.h"
#include "engine/reference/testing/golden_inputs.h"

namespace tinyrig::engine::reference {
namespace {

using testing::Bytes;

/// A tensor's scale and zero point in the file.
struct Scale {
  float scale;
  int zero_point;
};

Scale ScaleOf(const read::fb::ModelT& model, size_t tensor) {
  const auto& quant = *model.subgraphs[0]->tensors[tensor]->quantization;
  return {quant.scale[0], static_cast<int>(quant.zero_point[0])};
}

/// A graph of one MEAN from [1,height,width,channels].
ir::Graph MeanGraph(int height, int width, int channels, Scale in, Scale out) {
  read::testing::ModelBuilder model;
  const int from =
      model.Activation({1, height, width, channels}, in.scale, in.zero_point);
  const int to =
      model.Activation({1, 1, 1, channels}, out.scale, out.zero_point);
  model.Mean(from, to, {1, 2}, true);
  auto graph = read::ReadTflite(model.Finish({from}, {to}), "mean");
  EXPECT_TRUE(graph.ok()) << graph.status();
  return *graph;
}

TEST(MeanGolden, BothStepsAreBitExact) {
  if (!testing::HaveShared()) {
    GTEST_SKIP();
  }
  constexpr int kSide = 28;
  constexpr int kChannels = 240;
  const testing::fs::path shared(TINYRIG_SHARED);
  const Bytes file =
      testing::ReadBytes(shared / "models/tinyengine/mcunetv2_large.tflite");
  const auto model = read::fb::UnPackModel(file.data());
  const auto before =
      read::ReadTflite(testing::FirstOperators(file, 14), "before");
  ASSERT_TRUE(before.ok()) << before.status();
  const auto scale_in =
      ScaleOf(*model, static_cast<size_t>(before->outputs[0]));
  const ir::Graph by_row =
      MeanGraph(1, kSide, kChannels, scale_in, ScaleOf(*model, 161));
  const ir::Graph by_column =
      MeanGraph(kSide, 1, kChannels, ScaleOf(*model, 161), ScaleOf(*model, 35));
  const auto count =
      static_cast<size_t>(before->tensor(before->inputs[0]).elements());
  for (const testing::GoldenSample& sample : testing::GoldenSamples()) {
    const auto layers = testing::ReadLayers(shared / "golden/te_mcunetv2" /
                                            (sample.id + ".ops.txt"));
    ASSERT_EQ(layers.at(14).tensor, 161);
    ASSERT_EQ(layers.at(15).tensor, 35);
    const auto image =
        Interpret(*before, {testing::InputBytes(*before, sample.Input(count))});
    ASSERT_TRUE(image.ok());
    ASSERT_EQ(image->at(0).size(), size_t{kSide * kSide * kChannels});
    Bytes rows;
    for (int row = 0; row < kSide; ++row) {
      const auto from = image->at(0).begin() + row * kSide * kChannels;
      const auto mean =
          Interpret(by_row, {Bytes(from, from + kSide * kChannels)});
      ASSERT_TRUE(mean.ok());
      rows.insert(rows.end(), mean->at(0).begin(), mean->at(0).end());
    }
    EXPECT_EQ(testing::Crc(rows), layers[14].crc) << sample.id;
    const auto mean = Interpret(by_column, {rows});
    ASSERT_TRUE(mean.ok());
    EXPECT_EQ(testing::Crc(mean->at(0)), layers[15].crc) << sample.id;
  }
}

}  // namespace
}  // namespace tinyrig::engine::reference
