// What the reader refuses of single operators other than convolutions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/read/reader.h"
#include "engine/read/testing/model_builder.h"

namespace tinyrig::engine::read {
namespace {

using ::testing::HasSubstr;
using testing::ModelBuilder;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kUnsupported = absl::StatusCode::kUnimplemented;

void ExpectRefused(const std::vector<uint8_t>& file, absl::StatusCode code,
                   const std::string& text) {
  const auto graph = ReadTflite(file, "test");
  EXPECT_EQ(graph.status().code(), code) << graph.status();
  EXPECT_THAT(std::string(graph.status().message()), HasSubstr(text));
}

TEST(ReaderRefuses, AConstantOperandOfAdd) {
  ModelBuilder model;
  const int in = model.Activation({1, 4, 4, 2}, 0.5F, 0);
  const int constant =
      model.Weights({1, 4, 4, 2}, std::vector<int8_t>(32, 1), {0.5F});
  const int sum = model.Activation({1, 4, 4, 2}, 0.5F, 0);
  model.Add(in, constant, sum);
  ExpectRefused(model.Finish({in}, {sum}), kUnsupported,
                "ADD (operator 0): input 1 (tensor 1) is a constant");
}

TEST(ReaderRefuses, ABroadcast) {
  ModelBuilder model;
  const int a = model.Activation({1, 4, 4, 2}, 0.5F, 0);
  const int b = model.Activation({1, 1, 1, 2}, 0.5F, 0);
  const int sum = model.Activation({1, 4, 4, 2}, 0.5F, 0);
  model.Add(a, b, sum);
  ExpectRefused(model.Finish({a, b}, {sum}), kUnsupported, "broadcast");
}

TEST(ReaderRefuses, AMeanOverOtherAxes) {
  ModelBuilder model;
  const int in = model.Activation({1, 4, 4, 2}, 0.5F, 0);
  const int out = model.Activation({1, 4, 1, 2}, 0.5F, 0);
  model.Mean(in, out, {2}, true);
  ExpectRefused(model.Finish({in}, {out}), kUnsupported,
                "only a mean over height and width");
}

TEST(ReaderRefuses, ASoftmaxWithAnotherOutputScale) {
  ModelBuilder model;
  const int in = model.Activation({1, 4}, 0.5F, 0);
  const int out = model.Activation({1, 4}, 0.5F, -128);
  model.Softmax(in, out);
  ExpectRefused(model.Finish({in}, {out}), kUnsupported, "must be 1/256");
}

TEST(ReaderRefuses, NegativePaddings) {
  ModelBuilder model;
  const int in = model.Activation({1, 4, 4, 2}, 0.5F, 0);
  const int out = model.Activation({1, 3, 4, 2}, 0.5F, 0);
  model.Pad(in, out, {0, 0, -1, 0, 0, 0, 0, 0});
  ExpectRefused(model.Finish({in}, {out}), kInvalid,
                "PAD (operator 0): paddings -1,0 of dimension 1");
}

TEST(ReaderRefuses, AReshapeThatChangesTheSize) {
  ModelBuilder model;
  const int in = model.Activation({1, 4}, 0.5F, 0);
  const int out = model.Activation({1, 5}, 0.5F, 0);
  model.Reshape(in, out);
  ExpectRefused(model.Finish({in}, {out}), kInvalid, "number of elements");
}

TEST(ReaderRefuses, FullyConnectedShapesThatDoNotFit) {
  ModelBuilder model;
  const int in = model.Activation({1, 5}, 0.5F, 0);
  const int out = model.Activation({1, 2}, 0.5F, 0);
  model.FullyConnected(
      in, model.Weights({2, 4}, std::vector<int8_t>(8, 1), {0.1F}), -1, out);
  ExpectRefused(model.Finish({in}, {out}), kInvalid, "do not fit together");
}

TEST(ReaderRefuses, APoolThatChangesTheScale) {
  ModelBuilder model;
  const int in = model.Activation({1, 4, 4, 2}, 0.5F, 0);
  const int out = model.Activation({1, 4, 4, 2}, 0.25F, 0);
  model.AveragePool(in, out, {});
  ExpectRefused(model.Finish({in}, {out}), kInvalid, "different scales");
}

TEST(ReaderRefuses, ATooLongSoftmax) {
  ModelBuilder model;
  const int in = model.Activation({1, kMaxSoftmaxDepth + 1}, 0.5F, 0);
  const int out = model.Activation({1, kMaxSoftmaxDepth + 1}, 1.0F / 256, -128);
  model.Softmax(in, out);
  ExpectRefused(model.Finish({in}, {out}), kUnsupported,
                "4096 classes, at most 4095");
}

TEST(ReaderRefuses, ABiasAtAnotherScale) {
  ModelBuilder model;
  const int in = model.Activation({1, 4}, 0.5F, 0);
  const int out = model.Activation({1, 2}, 0.5F, 0);
  const int bias = model.Int32({2}, {1, 2});
  model.tensor(bias).quantization = std::make_unique<fb::QuantizationT>();
  model.tensor(bias).quantization->scale = {0.5F};
  model.FullyConnected(
      in, model.Weights({2, 4}, std::vector<int8_t>(8, 1), {0.1F}), bias, out);
  ExpectRefused(model.Finish({in}, {out}), kInvalid, "bias scale is not");
}

TEST(ReaderRefuses, AFloatPad) {
  ModelBuilder model;
  const int in = model.Float({1, 4, 4, 2});
  const int out = model.Float({1, 5, 4, 2});
  model.Pad(in, out, {0, 0, 1, 0, 0, 0, 0, 0});
  ExpectRefused(model.Finish({in}, {out}), kInvalid, "float model");
}

}  // namespace
}  // namespace tinyrig::engine::read
