// What the reader resolves, and what it refuses: one small broken file per
// rule.
#include "engine/read/reader.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/read/quantization.h"
#include "engine/read/testing/model_builder.h"

namespace tinyrig::engine::read {
namespace {

using ::testing::HasSubstr;
using testing::ModelBuilder;
using testing::WindowOptions;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kUnsupported = absl::StatusCode::kUnimplemented;

/// [1,4,4,2] -> CONV_2D 3x3 -> [1,4,4,3]; a test breaks one field.
struct OneConv {
  ModelBuilder model;
  int in = model.Activation({1, 4, 4, 2}, 0.5F, -1);
  int weights = model.Weights({3, 3, 3, 2}, std::vector<int8_t>(54, 1),
                              {0.1F, 0.2F, 0.3F});
  int bias = model.Int32({3}, {10, 20, 30});
  int out = model.Activation({1, 4, 4, 3}, 0.25F, 3);
  WindowOptions window{fb::Padding::SAME};

  std::vector<uint8_t> File() {
    model.Conv2d(in, weights, bias, out, window);
    return model.Finish({in}, {out});
  }
  fb::QuantizationT& quant(int id) { return *model.tensor(id).quantization; }
};

const ir::Conv2d& ConvOf(const ir::Graph& graph) {
  return std::get<ir::Conv2d>(graph.ops[0].body);
}

void ExpectRefused(const std::vector<uint8_t>& file, absl::StatusCode code,
                   const std::string& text) {
  const auto graph = ReadTflite(file, "test");
  EXPECT_EQ(graph.status().code(), code) << graph.status();
  EXPECT_THAT(std::string(graph.status().message()), HasSubstr(text));
}

TEST(Reader, ResolvesSamePaddingWithTheOddCellAtTheEnd) {
  OneConv m;
  m.window.stride_h = m.window.stride_w = 2;
  m.model.tensor(m.out).shape = {1, 2, 2, 3};
  const auto graph = ReadTflite(m.File(), "test");
  ASSERT_TRUE(graph.ok()) << graph.status();
  const ir::Window& w = ConvOf(*graph).window;
  EXPECT_EQ(w.pad_top, 0);
  EXPECT_EQ(w.pad_bottom, 1);
  EXPECT_EQ(w.pad_left, 0);
  EXPECT_EQ(w.pad_right, 1);
}

TEST(Reader, KeepsDilation) {
  OneConv m;
  m.window.padding = fb::Padding::VALID;
  m.window.dilation_w = 1;
  m.window.dilation_h = 2;
  m.model.tensor(m.in).shape = {1, 6, 6, 2};
  m.model.tensor(m.out).shape = {1, 2, 4, 3};
  const auto graph = ReadTflite(m.File(), "test");
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_EQ(ConvOf(*graph).window.dilation_h, 2);
  EXPECT_EQ(ConvOf(*graph).window.dilation_w, 1);
}

TEST(Reader, TurnsActivationsIntoClamps) {
  for (const auto& [activation, min, max] :
       {std::tuple{fb::Activation::NONE, -128, 127},
        std::tuple{fb::Activation::RELU, 3, 127},
        std::tuple{fb::Activation::RELU6, 3, 27}}) {
    OneConv m;
    m.window.activation = activation;
    const auto graph = ReadTflite(m.File(), "test");
    ASSERT_TRUE(graph.ok()) << graph.status();
    EXPECT_EQ(ConvOf(*graph).clamp.min, min);
    EXPECT_EQ(ConvOf(*graph).clamp.max, max);
  }
}

TEST(Reader, RepeatsAPerTensorMultiplier) {
  OneConv m;
  m.quant(m.weights).scale = {0.25F};
  m.quant(m.weights).zero_point = {0};
  const auto graph = ReadTflite(m.File(), "test");
  ASSERT_TRUE(graph.ok()) << graph.status();
  ASSERT_EQ(ConvOf(*graph).multipliers.size(), 3U);
  // 0.5 * 0.25 / 0.25 = 0.5 = 2^30 * 2^-31
  EXPECT_EQ(ConvOf(*graph).multipliers[2].multiplier, 1 << 30);
  EXPECT_EQ(ConvOf(*graph).multipliers[2].shift, 0);
}

TEST(Reader, ReadsAnUnalignedBuffer) {
  OneConv m;
  const std::vector<uint8_t> file = m.File();
  std::vector<uint8_t> shifted(file.size() + 1);
  std::copy(file.begin(), file.end(), shifted.begin() + 1);
  EXPECT_TRUE(
      ReadTflite(std::span<const uint8_t>(shifted).subspan(1), "test").ok());
}

TEST(Reader, AcceptsABiaslessConvolution) {
  OneConv m;
  m.bias = -1;
  const auto graph = ReadTflite(m.File(), "test");
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_EQ(ConvOf(*graph).bias, ir::kNoTensor);
}

TEST(QuantizeMultiplier, HoldsTheValue) {
  for (const double value : {0.5, 0.1, 1.0, 3.75, 1e-9, -0.02, 0.9999999999}) {
    const auto m = QuantizeMultiplier(value);
    ASSERT_TRUE(m.ok());
    EXPECT_NEAR(std::ldexp(m->multiplier, m->shift - 31), value,
                std::abs(value) * 1e-9);
  }
  EXPECT_EQ(QuantizeMultiplier(1e-11)->multiplier, 0);
  EXPECT_FALSE(QuantizeMultiplier(0.0).ok());
  EXPECT_FALSE(QuantizeMultiplier(1e10).ok());
  EXPECT_FALSE(QuantizeMultiplier(std::nan("")).ok());
}

TEST(ReaderRefuses, WhatIsNotATfliteFile) {
  ExpectRefused({}, kInvalid, "not a .tflite file");
  ExpectRefused(std::vector<uint8_t>(100, 7), kInvalid, "not a .tflite file");
}

TEST(ReaderRefuses, EveryTruncation) {
  OneConv m;
  const std::vector<uint8_t> file = m.File();
  for (size_t size = 0; size < file.size(); ++size) {
    const auto graph = ReadTflite(
        std::vector<uint8_t>(file.begin(),
                             file.begin() + static_cast<ptrdiff_t>(size)),
        "test");
    EXPECT_EQ(graph.status().code(), kInvalid) << size;
  }
}

TEST(ReaderRefuses, AnUnsupportedOperatorByNameAndIndex) {
  OneConv m;
  m.model.Conv2d(m.in, m.weights, m.bias, m.out, m.window);
  const int more = m.model.Activation({1, 4, 4, 3}, 0.25F, 3);
  m.model.Op(14, {m.out}, {more});
  ExpectRefused(m.model.Finish({m.in}, {more}), kUnsupported,
                "LOGISTIC (operator 1) is not supported");
}

TEST(ReaderRefuses, ACustomOperatorByName) {
  OneConv m;
  m.model.Op(32, {m.in}, {m.out});
  m.model.model().operator_codes[0]->custom_code = "MyOp";
  ExpectRefused(m.model.Finish({m.in}, {m.out}), kUnsupported,
                "CUSTOM 'MyOp' (operator 0)");
}

TEST(ReaderRefuses, AFloatModelAndSaysHowToQuantise) {
  OneConv m;
  m.in = m.model.Float({1, 4, 4, 2});
  ExpectRefused(m.File(), kInvalid, "this is a float model; quantise it");
}

TEST(ReaderRefuses, Uint8InTheMiddle) {
  OneConv m;
  m.model.tensor(m.in).type = fb::TensorType::UINT8;
  m.quant(m.in).zero_point = {128};
  ExpectRefused(m.File(), kUnsupported, "is not int8");
}

TEST(ReaderRefuses, OtherActivations) {
  OneConv m;
  m.window.activation = fb::Activation::TANH;
  ExpectRefused(m.File(), kUnsupported,
                "CONV_2D (operator 0): fused activation TANH");
}

TEST(ReaderRefuses, ABatch) {
  OneConv m;
  m.model.tensor(m.in).shape = {2, 4, 4, 2};
  m.model.tensor(m.out).shape = {2, 4, 4, 3};
  ExpectRefused(m.File(), kUnsupported, "batch 2, only 1 is supported");
}

TEST(ReaderRefuses, DynamicShapesButNotADynamicBatch) {
  OneConv batch;
  batch.model.tensor(batch.in).shape_signature = {-1, 4, 4, 2};
  EXPECT_TRUE(ReadTflite(batch.File(), "test").ok());
  OneConv height;
  height.model.tensor(height.in).shape_signature = {1, -1, 4, 2};
  ExpectRefused(height.File(), kUnsupported, "dimension 1 is dynamic");
}

TEST(ReaderRefuses, BadDimensions) {
  for (const int32_t dim : {0, -1, std::numeric_limits<int32_t>::min()}) {
    OneConv m;
    m.model.tensor(m.out).shape[1] = dim;
    ExpectRefused(m.File(), kInvalid, "must be 1 or more");
  }
  OneConv large;
  large.model.tensor(large.out).shape = {1, 65536, 65536, 65536};
  ExpectRefused(large.File(), kInvalid, "larger than 67108864 bytes");
}

TEST(ReaderRefuses, AnOutputShapeThatTheWindowDoesNotGive) {
  OneConv m;
  m.model.tensor(m.out).shape = {1, 4, 3, 3};
  ExpectRefused(m.File(), kInvalid, "output width is 3, the window gives 4");
}

TEST(ReaderRefuses, AFilterLargerThanItsInput) {
  OneConv m;
  m.window.padding = fb::Padding::VALID;
  m.window.dilation_h = 2;
  ExpectRefused(m.File(), kInvalid, "the filter is larger than the input");
}

TEST(ReaderRefuses, BadStridesAndDilations) {
  for (const int value : {0, -1, 100'000}) {
    OneConv stride;
    stride.window.stride_w = value;
    ExpectRefused(stride.File(), kInvalid, "filter, stride or dilation");
    OneConv dilation;
    dilation.window.dilation_h = value;
    ExpectRefused(dilation.File(), kInvalid, "filter, stride or dilation");
  }
}

TEST(ReaderRefuses, GroupedConvolution) {
  OneConv m;
  m.model.tensor(m.in).shape = {1, 4, 4, 4};
  ExpectRefused(m.File(), kUnsupported, "grouped convolution");
}

TEST(ReaderRefuses, BadScales) {
  for (const float scale :
       {0.0F, -0.5F, std::nanf(""), std::numeric_limits<float>::infinity()}) {
    OneConv m;
    m.quant(m.in).scale = {scale};
    ExpectRefused(m.File(), kInvalid, "scale");
  }
}

TEST(ReaderRefuses, MissingQuantisation) {
  OneConv in;
  in.model.tensor(in.in).quantization.reset();
  ExpectRefused(in.File(), kInvalid, "has 0 scales, needs exactly 1");
  OneConv weights;
  weights.model.tensor(weights.weights).quantization.reset();
  ExpectRefused(weights.File(), kInvalid, "its weights have no scale");
}

TEST(ReaderRefuses, AZeroPointOutsideItsType) {
  OneConv m;
  m.quant(m.in).zero_point = {128};
  ExpectRefused(m.File(), kInvalid, "zero point 0 is 128");
}

TEST(ReaderRefuses, PerChannelScalesThatDoNotMatch) {
  OneConv count;
  count.quant(count.weights).scale = {0.1F, 0.2F};
  ExpectRefused(count.File(), kInvalid, "2 scales along axis 0");
  OneConv axis;
  axis.quant(axis.weights).quantized_dimension = 1;
  ExpectRefused(axis.File(), kInvalid, "along axis 1, needs 3 along 0");
}

TEST(ReaderRefuses, ABufferOfTheWrongSize) {
  OneConv m;
  m.model.model().buffers[m.model.tensor(m.weights).buffer]->data.pop_back();
  ExpectRefused(m.File(), kInvalid,
                "the file holds 53 bytes, the shape needs 54");
}

TEST(ReaderRefuses, IndicesOutOfRange) {
  OneConv tensor;
  tensor.weights = 77;
  ExpectRefused(tensor.File(), kInvalid, "tensor index 77");
  OneConv negative;
  negative.in = -2;
  ExpectRefused(negative.File(), kInvalid, "tensor index -2");
  OneConv buffer;
  buffer.model.tensor(buffer.bias).buffer = 1000;
  ExpectRefused(buffer.File(), kUnsupported, "is not a constant");
  OneConv code;
  code.model.Conv2d(code.in, code.weights, code.bias, code.out, code.window);
  code.model.graph().operators[0]->opcode_index = 9;
  ExpectRefused(code.model.Finish({code.in}, {code.out}), kInvalid,
                "operator code 9 does not exist");
}

TEST(ReaderRefuses, ACycle) {
  OneConv m;
  const int late = m.model.Activation({1, 4, 4, 3}, 0.25F, 3);
  m.model.Add(m.out, late, late);
  m.model.Conv2d(m.in, m.weights, m.bias, m.out, m.window);
  ExpectRefused(m.model.Finish({m.in}, {late}), kInvalid,
                "ADD (operator 0): input 0 (tensor 3) is used before it is");
}

TEST(ReaderRefuses, ATensorMadeTwice) {
  OneConv m;
  m.model.Conv2d(m.in, m.weights, m.bias, m.out, m.window);
  m.model.Conv2d(m.in, m.weights, m.bias, m.out, m.window);
  ExpectRefused(m.model.Finish({m.in}, {m.out}), kInvalid,
                "CONV_2D (operator 1): output (tensor 3)");
}

TEST(ReaderRefuses, OutputsThatAreNotMade) {
  OneConv m;
  m.model.Conv2d(m.in, m.weights, m.bias, m.out, m.window);
  ExpectRefused(m.model.Finish({m.in}, {m.in}), kInvalid,
                "is not made by an operator");
  ExpectRefused(m.model.Finish({m.in}, {}), kInvalid, "0 outputs");
}

TEST(ReaderRefuses, OptionsOfAnotherOperator) {
  OneConv m;
  m.model.Conv2d(m.in, m.weights, m.bias, m.out, m.window);
  m.model.graph().operators[0]->options.Reset();
  ExpectRefused(m.model.Finish({m.in}, {m.out}), kInvalid,
                "its options are missing");
}

TEST(ReaderRefuses, ManyTensorsThatShareALargeBuffer) {
  // 16 MiB in the file, 9 times as much in constants.
  ModelBuilder model;
  constexpr int kWide = 1 << 12;
  const int in = model.Activation({1, kWide}, 0.5F, 0);
  const int first = model.Weights(
      {kWide, kWide}, std::vector<int8_t>(size_t{kWide} * kWide, 1), {0.1F});
  int last = in;
  for (int i = 0; i < 9; ++i) {
    const int weights = model.Weights({kWide, kWide}, {}, {0.1F});
    model.tensor(weights).buffer = model.tensor(first).buffer;
    const int out = model.Activation({1, kWide}, 0.5F, 0);
    model.FullyConnected(last, weights, -1, out);
    last = out;
  }
  ExpectRefused(model.Finish({in}, {last}), kInvalid,
                "FULLY_CONNECTED (operator 7): constants need more than");
}

}  // namespace
}  // namespace tinyrig::engine::read
