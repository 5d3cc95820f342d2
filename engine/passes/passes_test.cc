// Golden text: the graph before and after the passes, one file per model in
// tests/golden/engine/; UPDATE_GOLDEN=1 rewrites them. And: the outputs stay.
#include "engine/passes/passes.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "engine/read/reader.h"
#include "engine/read/testing/model_builder.h"
#include "engine/reference/interpreter.h"
#include "engine/reference/testing/golden_inputs.h"

namespace tinyrig::engine::passes {
namespace {

using read::fb::Activation;
using read::fb::Padding;
using read::testing::ModelBuilder;
using read::testing::WindowOptions;

std::vector<int8_t> Values(size_t count, uint32_t seed) {
  return reference::testing::NoiseInput(count, seed);
}

void ExpectGolden(const std::string& name, const std::string& text) {
  const std::string path =
      std::string(TINYRIG_SOURCE_DIR) + "/tests/golden/engine/" + name + ".txt";
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << text;
  }
  std::ifstream file(path);
  ASSERT_TRUE(file.good()) << path << " is missing; UPDATE_GOLDEN=1 makes it";
  std::stringstream want;
  want << file.rdbuf();
  EXPECT_EQ(text, want.str()) << "UPDATE_GOLDEN=1 rewrites " << path;
}

/// Reads, runs the passes, holds both texts against the golden file and both
/// graphs' outputs against each other. Returns the graph after the passes.
ir::Graph Check(const std::string& name, const std::vector<uint8_t>& file) {
  const auto before = read::ReadTflite(file, name);
  EXPECT_TRUE(before.ok()) << before.status();
  if (!before.ok()) {
    return {};
  }
  ir::Graph after = *before;
  const absl::Status passed = RunPasses(&after);
  EXPECT_TRUE(passed.ok()) << passed;
  ExpectGolden(name,
               absl::StrCat("# as read\n", ir::PrintGraph(*before),
                            "# after the passes\n", ir::PrintGraph(after)));
  for (uint32_t seed = 1; seed <= 4; ++seed) {
    const auto count =
        static_cast<size_t>(before->tensor(before->inputs[0]).elements());
    const std::vector<std::vector<uint8_t>> inputs = {
        reference::testing::InputBytes(*before, Values(count, seed))};
    const auto want = reference::Interpret(*before, inputs);
    const auto got = reference::Interpret(after, inputs);
    EXPECT_TRUE(want.ok()) << want.status();
    EXPECT_TRUE(got.ok()) << got.status();
    if (want.ok() && got.ok()) {
      EXPECT_EQ(*got, *want) << "seed " << seed;
    }
  }
  return after;
}

/// PAD 1,1 then a 3x3 VALID convolution with stride 2.
struct PadConv {
  ModelBuilder model;
  int in = model.Activation({1, 6, 6, 2}, 0.5F, -3);
  int padded = model.Activation({1, 8, 8, 2}, 0.5F, -3);
  int weights =
      model.Weights({3, 3, 3, 2}, Values(54, 9), {0.01F, 0.02F, 0.03F});
  int bias = model.Int32({3}, {100, -200, 300});
  int out = model.Activation({1, 3, 3, 3}, 0.25F, 4);

  explicit PadConv(const std::vector<int32_t>& paddings = {0, 0, 1, 1, 1, 1, 0,
                                                           0}) {
    model.Pad(in, padded, paddings);
    WindowOptions window;
    window.stride_h = window.stride_w = 2;
    window.activation = Activation::RELU;
    model.Conv2d(in + 1, weights, bias, out, window);
  }
};

TEST(Passes, FoldAPadIntoItsConvolution) {
  PadConv m;
  const ir::Graph graph = Check("pad_conv", m.model.Finish({m.in}, {m.out}));
  ASSERT_EQ(graph.ops.size(), 1U);
  EXPECT_EQ(std::get<ir::Conv2d>(graph.ops[0].body).window.pad_bottom, 1);
}

TEST(Passes, KeepAPadThatIsAlsoAnOutput) {
  PadConv m;
  const ir::Graph graph =
      Check("pad_conv_shared", m.model.Finish({m.in}, {m.out, m.padded}));
  EXPECT_EQ(graph.ops.size(), 2U);
}

TEST(Passes, KeepAPadAsLargeAsTheFilter) {
  PadConv m({0, 0, 0, 2, 0, 2, 0, 0});
  m.model.tensor(m.weights).shape = {3, 1, 1, 2};
  auto& buffers = m.model.model().buffers;
  buffers[m.model.tensor(m.weights).buffer]->data.resize(6);
  m.model.tensor(m.out).shape = {1, 4, 4, 3};
  const ir::Graph graph = Check("pad_large", m.model.Finish({m.in}, {m.out}));
  EXPECT_EQ(graph.ops.size(), 2U);
}

TEST(Passes, DropAPadWithoutCells) {
  PadConv m({0, 0, 0, 0, 0, 0, 0, 0});
  m.model.tensor(m.padded).shape = {1, 6, 6, 2};
  m.model.tensor(m.out).shape = {1, 2, 2, 3};
  const ir::Graph graph = Check("pad_empty", m.model.Finish({m.in}, {m.out}));
  EXPECT_EQ(graph.ops.size(), 1U);
}

TEST(Passes, FoldAPadIntoADepthwiseConvolution) {
  ModelBuilder model;
  const int in = model.Activation({1, 5, 5, 2}, 0.5F, 7);
  const int padded = model.Activation({1, 6, 6, 2}, 0.5F, 7);
  const int weights = model.Weights({1, 3, 3, 4}, Values(36, 3),
                                    {0.01F, 0.02F, 0.03F, 0.04F}, 3);
  const int out = model.Activation({1, 2, 2, 4}, 0.25F, 4);
  model.Pad(in, padded, {0, 0, 0, 1, 1, 0, 0, 0});
  WindowOptions window;
  window.stride_h = window.stride_w = 2;
  window.activation = Activation::RELU6;
  model.DepthwiseConv2d(padded, weights, -1, out, 2, window);
  const ir::Graph graph = Check("pad_depthwise", model.Finish({in}, {out}));
  EXPECT_EQ(graph.ops.size(), 1U);
}

TEST(Passes, MakeAReshapeAnAlias) {
  ModelBuilder model;
  const int in = model.Activation({1, 2, 2, 3}, 0.5F, 7);
  const int pooled = model.Activation({1, 1, 1, 3}, 0.5F, 7);
  const int flat = model.Activation({1, 3}, 0.5F, 7);
  const int weights = model.Weights({4, 3}, Values(12, 3), {0.02F});
  const int scores = model.Activation({1, 4}, 0.1F, 4);
  const int soft = model.Activation({1, 4}, 1.0F / 256, -128);
  WindowOptions window;
  window.filter_h = window.filter_w = 2;
  model.AveragePool(in, pooled, window);
  model.Reshape(pooled, flat);
  model.FullyConnected(flat, weights, -1, scores);
  model.Softmax(scores, soft);
  const ir::Graph graph = Check("reshape", model.Finish({in}, {soft}));
  ASSERT_EQ(graph.ops.size(), 3U);
  EXPECT_EQ(ir::StorageOf(graph, flat), pooled);
}

TEST(Passes, KeepAReshapeFromInputToOutput) {
  ModelBuilder model;
  const int in = model.Activation({1, 2, 2, 3}, 0.5F, 7);
  const int out = model.Activation({1, 12}, 0.5F, 7);
  model.Reshape(in, out);
  EXPECT_EQ(Check("reshape_edges", model.Finish({in}, {out})).ops.size(), 1U);
}

TEST(Passes, DropAQuantizeThatChangesNothing) {
  ModelBuilder model;
  const int in = model.Float({1, 4});
  const int a = model.Activation({1, 4}, 0.5F, 7);
  const int b = model.Activation({1, 4}, 0.5F, 7);
  const int c = model.Activation({1, 4}, 0.25F, -7);
  const int out = model.Float({1, 4});
  model.Quantize(in, a);
  model.Quantize(a, b);
  model.Quantize(b, c);
  model.Dequantize(c, out);
  EXPECT_EQ(Check("quantize", model.Finish({in}, {out})).ops.size(), 3U);
}

TEST(Passes, DropAnOpThatNobodyNeeds) {
  ModelBuilder model;
  const int in = model.Activation({1, 2, 2, 3}, 0.5F, 7);
  const int dead = model.Activation({1, 1, 1, 3}, 0.125F, 7);
  const int out = model.Activation({1, 2, 2, 3}, 0.5F, 7);
  model.Mean(in, dead, {1, 2}, true);
  model.Add(in, in, out);
  EXPECT_EQ(Check("dead_op", model.Finish({in}, {out})).ops.size(), 1U);
}

}  // namespace
}  // namespace tinyrig::engine::passes
