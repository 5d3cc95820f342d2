#include "engine/emit/testing/one_op_models.h"

#include "engine/read/testing/model_builder.h"

namespace tinyrig::engine::emit::testing {
namespace {

using read::testing::ModelBuilder;
using read::testing::WindowOptions;

// Weights that differ from one another and use the whole range.
std::vector<int8_t> Values(int count) {
  std::vector<int8_t> values;
  values.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    values.push_back(static_cast<int8_t>(i * 37 + 11));
  }
  return values;
}

std::vector<float> Scales(int count) {
  std::vector<float> scales;
  scales.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    scales.push_back(0.01F + 0.003F * static_cast<float>(i));
  }
  return scales;
}

std::vector<int32_t> Biases(int count) {
  std::vector<int32_t> values;
  values.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    values.push_back(100 * i - 150);
  }
  return values;
}

struct ConvCase {
  int in, in_c, out, out_c, filter;
  WindowOptions options;
};

std::vector<uint8_t> Conv(const ConvCase& c) {
  ModelBuilder m;
  const int in = m.Activation({1, c.in, c.in, c.in_c}, 0.5F, -3);
  const int weights = m.Weights({c.out_c, c.filter, c.filter, c.in_c},
                                Values(c.out_c * c.filter * c.filter * c.in_c),
                                Scales(c.out_c));
  const int bias = m.Int32({c.out_c}, Biases(c.out_c));
  const int out = m.Activation({1, c.out, c.out, c.out_c}, 0.75F, 5);
  m.Conv2d(in, weights, bias, out, c.options);
  return m.Finish({in}, {out});
}

std::vector<uint8_t> Depthwise(const ConvCase& c) {
  ModelBuilder m;
  const int in = m.Activation({1, c.in, c.in, c.in_c}, 0.5F, -3);
  const int weights =
      m.Weights({1, c.filter, c.filter, c.out_c},
                Values(c.filter * c.filter * c.out_c), Scales(c.out_c), 3);
  const int out = m.Activation({1, c.out, c.out, c.out_c}, 0.75F, 5);
  m.DepthwiseConv2d(in, weights, -1, out, c.out_c / c.in_c, c.options);
  return m.Finish({in}, {out});
}

WindowOptions Same(int stride = 1) {
  WindowOptions options;
  options.padding = read::fb::Padding::SAME;
  options.stride_h = options.stride_w = stride;
  return options;
}

WindowOptions Relu6() {
  WindowOptions options;
  options.activation = read::fb::Activation::RELU6;
  return options;
}

WindowOptions Pool(int filter, int stride) {
  WindowOptions options = Same(stride);
  options.filter_h = options.filter_w = filter;
  return options;
}

std::vector<uint8_t> FullyConnected() {
  ModelBuilder m;
  const int in = m.Activation({1, 10}, 0.5F, 4);
  const int weights = m.Weights({3, 10}, Values(30), {0.02F});
  const int bias = m.Int32({3}, Biases(3));
  const int out = m.Activation({1, 3}, 1.5F, -9);
  m.FullyConnected(in, weights, bias, out);
  return m.Finish({in}, {out});
}

// The second sum dies into the first: in place.
std::vector<uint8_t> Add() {
  ModelBuilder m;
  const int in = m.Activation({1, 3, 3, 2}, 0.5F, -3);
  const int first = m.Activation({1, 3, 3, 2}, 0.9F, 7);
  const int out = m.Activation({1, 3, 3, 2}, 1.1F, -8);
  m.Add(in, in, first);
  m.Add(first, in, out, read::fb::Activation::RELU);
  return m.Finish({in}, {out});
}

std::vector<uint8_t> Pools(bool average) {
  ModelBuilder m;
  const int in = m.Activation({1, 5, 5, 6}, 0.5F, -3);
  const int out = m.Activation({1, 3, 3, 6}, 0.5F, -3);
  if (average) {
    m.AveragePool(in, out, Pool(3, 2));
  } else {
    m.MaxPool(in, out, Pool(3, 2));
  }
  return m.Finish({in}, {out});
}

std::vector<uint8_t> Mean() {
  ModelBuilder m;
  const int in = m.Activation({1, 4, 5, 6}, 0.5F, -3);
  const int out = m.Activation({1, 6}, 0.3F, 10);
  m.Mean(in, out, {1, 2}, false);
  return m.Finish({in}, {out});
}

std::vector<uint8_t> Pad() {
  ModelBuilder m;
  const int in = m.Activation({1, 2, 3, 2}, 0.5F, -3);
  const int out = m.Activation({1, 5, 4, 2}, 0.5F, -3);
  m.Pad(in, out, {0, 0, 1, 2, 0, 1, 0, 0});
  return m.Finish({in}, {out});
}

std::vector<uint8_t> Softmax() {
  ModelBuilder m;
  const int in = m.Activation({1, 2, 5}, 0.125F, 3);
  const int out = m.Activation({1, 2, 5}, 1.0F / 256, -128);
  m.Softmax(in, out);
  return m.Finish({in}, {out});
}

// float32 -> int8 -> int8 of another scale -> float32
std::vector<uint8_t> FloatEdges() {
  ModelBuilder m;
  const int in = m.Float({1, 6});
  const int a = m.Activation({1, 6}, 0.1F, 3);
  const int b = m.Activation({1, 6}, 0.25F, -7);
  const int out = m.Float({1, 6});
  m.Quantize(in, a);
  m.Quantize(a, b);
  m.Dequantize(b, out);
  return m.Finish({in}, {out});
}

std::vector<uint8_t> UintEdges() {
  ModelBuilder m;
  const auto uint8 = read::fb::TensorType::UINT8;
  const int in = m.Activation({1, 6}, 0.1F, 131, uint8);
  const int a = m.Activation({1, 6}, 0.1F, 3);
  const int out = m.Activation({1, 6}, 0.2F, 120, uint8);
  m.Quantize(in, a);
  m.Quantize(a, out);
  return m.Finish({in}, {out});
}

std::vector<uint8_t> Reshape() {
  ModelBuilder m;
  const int in = m.Activation({1, 6}, 0.1F, 3);
  const int out = m.Activation({1, 2, 3}, 0.1F, 3);
  m.Reshape(in, out);
  return m.Finish({in}, {out});
}

}  // namespace

std::vector<OneOpModel> OneOpModels() {
  return {
      {"conv_pointwise", Conv({3, 4, 3, 6, 1, Relu6()})},
      {"conv_same_odd_channels", Conv({5, 3, 5, 5, 3, Same()})},
      {"conv_stride_2", Conv({6, 2, 3, 4, 3, Same(2)})},
      {"depthwise_same", Depthwise({5, 6, 5, 6, 3, Same()})},
      {"depthwise_multiplier", Depthwise({4, 2, 4, 6, 3, Same()})},
      {"fully_connected", FullyConnected()},
      {"add", Add()},
      {"average_pool", Pools(true)},
      {"max_pool", Pools(false)},
      {"mean", Mean()},
      {"pad", Pad()},
      {"softmax", Softmax()},
      {"float_edges", FloatEdges()},
      {"uint8_edges", UintEdges()},
      {"reshape", Reshape()},
  };
}

}  // namespace tinyrig::engine::emit::testing
