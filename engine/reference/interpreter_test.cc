// What the recordings do not cover, by hand: one small model per rule.
#include "engine/reference/interpreter.h"

#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/read/reader.h"
#include "engine/read/testing/model_builder.h"
#include "engine/reference/testing/golden_inputs.h"

namespace tinyrig::engine::reference {
namespace {

using read::fb::Padding;
using read::fb::TensorType;
using read::testing::ModelBuilder;
using read::testing::WindowOptions;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Bytes = std::vector<uint8_t>;

/// Runs a model of one output; values as the output's bytes say.
Bytes Outputs(ModelBuilder& model, const std::vector<int>& inputs, int out,
              const std::vector<Bytes>& bytes) {
  const auto graph = read::ReadTflite(model.Finish(inputs, {out}), "test");
  EXPECT_TRUE(graph.ok()) << graph.status();
  if (!graph.ok()) {
    return {};
  }
  const auto outputs = Interpret(*graph, bytes);
  EXPECT_TRUE(outputs.ok()) << outputs.status();
  return outputs.ok() ? outputs->at(0) : Bytes{};
}

Bytes FromInts(const std::vector<int>& values) {
  return {values.begin(), values.end()};
}

std::vector<int> ToInts(const Bytes& bytes) {
  std::vector<int> values;
  for (const uint8_t byte : bytes) {
    values.push_back(static_cast<int8_t>(byte));
  }
  return values;
}

Bytes FromFloats(const std::vector<float>& values) {
  Bytes bytes(values.size() * 4);
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

TEST(Interpret, AveragePoolRoundsHalfAwayFromZeroAndSkipsPadding) {
  ModelBuilder model;
  const int in = model.Activation({1, 1, 4, 1}, 0.5F, -5);
  const int out = model.Activation({1, 1, 2, 1}, 0.5F, -5);
  WindowOptions window;
  window.padding = Padding::SAME;
  window.filter_w = 3;
  window.stride_w = 2;
  model.AveragePool(in, out, window);
  // (3 + 4 + 5) / 3; (-4 - 5, then padding) / 2 = -4.5
  EXPECT_THAT(ToInts(Outputs(model, {in}, out, {FromInts({3, 4, -4, -5})})),
              ElementsAre(1, -5));
}

TEST(Interpret, MaxPoolSkipsPadding) {
  ModelBuilder model;
  const int in = model.Activation({1, 2, 2, 1}, 0.5F, 100);
  const int out = model.Activation({1, 2, 2, 1}, 0.5F, 100);
  WindowOptions window;
  window.padding = Padding::SAME;
  window.filter_h = window.filter_w = 2;
  model.MaxPool(in, out, window);
  EXPECT_THAT(ToInts(Outputs(model, {in}, out, {FromInts({-9, -7, -8, -20})})),
              ElementsAre(-7, -7, -8, -20));
}

TEST(Interpret, PadAddsTheZeroPoint) {
  ModelBuilder model;
  const int in = model.Activation({1, 1, 2, 1}, 0.5F, 7);
  const int out = model.Activation({1, 2, 4, 2}, 0.5F, 7);
  model.Pad(in, out, {0, 0, 1, 0, 1, 1, 0, 1});
  EXPECT_THAT(ToInts(Outputs(model, {in}, out, {FromInts({1, 2})})),
              ElementsAre(7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 1, 7, 2, 7, 7, 7));
}

TEST(Interpret, QuantizeRoundsAndSaturatesFloats) {
  ModelBuilder model;
  const int in = model.Float({1, 6});
  const int out = model.Activation({1, 6}, 0.5F, 10);
  model.Quantize(in, out);
  EXPECT_THAT(
      ToInts(Outputs(model, {in}, out,
                     {FromFloats({0.0F, 0.25F, -0.25F, 1e30F, -1e30F, 0.2F})})),
      ElementsAre(10, 11, 9, 127, -128, 10));
}

TEST(Interpret, QuantizeMovesUint8ToInt8) {
  ModelBuilder model;
  const int in = model.Activation({1, 3}, 0.5F, 128, TensorType::UINT8);
  const int out = model.Activation({1, 3}, 0.5F, 0);
  model.Quantize(in, out);
  EXPECT_THAT(ToInts(Outputs(model, {in}, out, {Bytes{0, 128, 255}})),
              ElementsAre(-128, 0, 127));
}

TEST(Interpret, DequantizeGivesFloats) {
  ModelBuilder model;
  const int in = model.Activation({1, 2}, 0.5F, 10);
  const int out = model.Float({1, 2});
  model.Dequantize(in, out);
  EXPECT_EQ(Outputs(model, {in}, out, {FromInts({12, -128})}),
            FromFloats({1.0F, -69.0F}));
}

TEST(Interpret, FullyConnectedUsesTheWeightsZeroPoint) {
  ModelBuilder model;
  const int in = model.Activation({1, 2}, 1.0F, 1);
  const int weights = model.Weights({1, 2}, {3, 5}, {1.0F});
  model.tensor(weights).quantization->zero_point = {2};
  const int out = model.Activation({1, 1}, 1.0F, -4);
  model.FullyConnected(in, weights, model.Int32({1}, {100}), out);
  // (11 - 1) * (3 - 2) + (2 - 1) * (5 - 2) + 100 - 4
  EXPECT_THAT(ToInts(Outputs(model, {in}, out, {FromInts({11, 2})})),
              ElementsAre(109));
}

TEST(Interpret, ADilatedFilterIsOneWithZerosBetween) {
  const auto image = testing::NoiseInput(6 * 7 * 2, 5);
  const auto taps = testing::NoiseInput(3 * 2 * 2 * 2, 6);
  std::vector<int8_t> spread(3 * 3 * 4 * 2, 0);
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < 2; ++y) {
      for (int x = 0; x < 2; ++x) {
        for (int i = 0; i < 2; ++i) {
          spread[static_cast<size_t>(((c * 3 + y * 2) * 4 + x * 3) * 2 + i)] =
              taps[static_cast<size_t>(((c * 2 + y) * 2 + x) * 2 + i)];
        }
      }
    }
  }
  Bytes outputs[2];
  for (const bool dilated : {false, true}) {
    ModelBuilder model;
    const int in = model.Activation({1, 6, 7, 2}, 0.5F, 3);
    const int weights = dilated ? model.Weights({3, 2, 2, 2}, taps, {0.01F})
                                : model.Weights({3, 3, 4, 2}, spread, {0.01F});
    const int out = model.Activation({1, 6, 7, 3}, 0.5F, 3);
    WindowOptions window;
    window.padding = Padding::SAME;
    window.dilation_h = dilated ? 2 : 1;
    window.dilation_w = dilated ? 3 : 1;
    model.Conv2d(in, weights, -1, out, window);
    outputs[dilated] =
        Outputs(model, {in}, out, {Bytes(image.begin(), image.end())});
  }
  EXPECT_EQ(outputs[0], outputs[1]);
}

TEST(Interpret, DepthMultiplierRepeatsEachInputChannel) {
  ModelBuilder model;
  const int in = model.Activation({1, 1, 1, 2}, 1.0F, 0);
  const int weights = model.Weights({1, 1, 1, 4}, {1, 2, 3, 4}, {1.0F});
  const int out = model.Activation({1, 1, 1, 4}, 1.0F, 0);
  model.DepthwiseConv2d(in, weights, -1, out, 2, {});
  EXPECT_THAT(ToInts(Outputs(model, {in}, out, {FromInts({10, 20})})),
              ElementsAre(10, 20, 60, 80));
}

TEST(Interpret, SoftmaxOfEqualInputsIsUniform) {
  ModelBuilder model;
  const int in = model.Activation({1, 2, 4}, 0.1F, 0);
  const int out = model.Activation({1, 2, 4}, 1.0F / 256, -128);
  model.Softmax(in, out);
  EXPECT_THAT(ToInts(Outputs(model, {in}, out,
                             {FromInts({9, 9, 9, 9, 127, -9, -9, -9})})),
              ElementsAre(-64, -64, -64, -64, 127, -128, -128, -128));
}

TEST(Interpret, RefusesInputsOfTheWrongNumberOrSize) {
  ModelBuilder model;
  const int in = model.Activation({1, 3}, 0.5F, 0);
  const int out = model.Activation({1, 3}, 0.25F, 0);
  model.Quantize(in, out);
  const auto graph = read::ReadTflite(model.Finish({in}, {out}), "test");
  ASSERT_TRUE(graph.ok());
  const auto none = Interpret(*graph, {});
  EXPECT_EQ(none.status().code(), absl::StatusCode::kInvalidArgument);
  const auto two = Interpret(*graph, {Bytes(2)});
  EXPECT_EQ(two.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(two.status().message()),
              HasSubstr("input 0 has 2 bytes, the model needs 3"));
}

TEST(Interpret, CallsBackAfterEachOp) {
  ModelBuilder model;
  const int in = model.Activation({1, 3}, 0.5F, 0);
  const int twice = model.Activation({1, 3}, 1.0F, 0);
  const int out = model.Activation({3}, 1.0F, 0);
  model.Add(in, in, twice);
  model.Reshape(twice, out);
  const auto graph = read::ReadTflite(model.Finish({in}, {out}), "test");
  ASSERT_TRUE(graph.ok()) << graph.status();
  std::vector<std::pair<int, int>> calls;
  const auto outputs = Interpret(
      *graph, {FromInts({1, -2, 3})},
      [&](int position, ir::TensorId id, std::span<const uint8_t> bytes) {
        calls.emplace_back(position, id);
        EXPECT_THAT(ToInts({bytes.begin(), bytes.end()}),
                    ElementsAre(1, -2, 3));
      });
  ASSERT_TRUE(outputs.ok());
  EXPECT_THAT(calls, ElementsAre(std::pair{0, twice}, std::pair{1, out}));
}

}  // namespace
}  // namespace tinyrig::engine::reference
