#include "examples/digits/train/tflite_writer.h"

#include <string>

#include "flatbuffers/flatbuffers.h"

namespace tinyrig::digits {
namespace {

using flatbuffers::Offset;
using flatbuffers::voffset_t;
using Builder = flatbuffers::FlatBufferBuilder;
using Table = Offset<flatbuffers::Table>;

/// Field number -> place in the vtable.
constexpr voffset_t F(int number) {
  return static_cast<voffset_t>(4 + 2 * number);
}

enum TensorType : int8_t { kFloat32 = 0, kInt32 = 2, kInt8 = 9 };

/// Builtin operators: code, least version for int8, member of the options
/// union.
struct Builtin {
  int8_t code;
  int32_t version;
  uint8_t options;
};
constexpr Builtin kAveragePool2d = {1, 2, 5};
constexpr Builtin kConv2d = {3, 3, 1};
constexpr Builtin kDepthwiseConv2d = {4, 3, 2};
constexpr Builtin kFullyConnected = {9, 4, 8};
constexpr Builtin kReshape = {22, 1, 17};
constexpr Builtin kSoftmax = {25, 2, 9};

int8_t CodeOf(Activation activation) {
  switch (activation) {
    case Activation::kNone:
      break;
    case Activation::kRelu:
      return 1;
    case Activation::kRelu6:
      return 3;
  }
  return 0;
}

struct TensorQuantisation {
  std::vector<float> scales;
  int32_t zero_point = 0;
  int32_t axis = 0;
};

TensorQuantisation PerTensor(const TensorQuant& quant) {
  return {{quant.scale}, quant.zero_point, 0};
}

class Writer {
 public:
  std::vector<uint8_t> Write(const QuantModel& model);

 private:
  int AddBuffer(const void* data, size_t bytes);
  int AddTensor(const std::string& name, const std::vector<int32_t>& shape,
                TensorType type, int buffer,
                const TensorQuantisation& quantisation);
  int AddActivation(const std::string& name, const std::vector<int32_t>& shape,
                    const TensorQuant& quant) {
    return AddTensor(name, shape, kInt8, 0, PerTensor(quant));
  }
  void AddOperator(const Builtin& builtin, const std::vector<int32_t>& inputs,
                   int output, Table options);
  uint32_t OpcodeIndex(const Builtin& builtin);
  Table WindowOptions(const Layer& layer);
  Table PoolOptions(const Layer& layer);
  int AddWeights(const QuantLayer& q, const std::string& name);
  int AddBias(const QuantLayer& q, const std::string& name);
  int AddLayer(const QuantLayer& q, int number, int input);
  int AddReshape(const QuantLayer& pool, int input);
  int AddSoftmax(const QuantModel& model, int input);
  void Finish(int input, int output);

  Builder builder_;
  std::vector<Table> buffers_, tensors_, operators_, opcodes_;
  std::vector<int8_t> opcode_numbers_;
};

int Writer::AddBuffer(const void* data, size_t bytes) {
  Offset<flatbuffers::Vector<uint8_t>> content;
  if (bytes > 0) {
    builder_.ForceVectorAlignment(bytes, 1, 16);
    content = builder_.CreateVector(static_cast<const uint8_t*>(data), bytes);
  }
  const auto start = builder_.StartTable();
  builder_.AddOffset(F(0), content);
  buffers_.emplace_back(builder_.EndTable(start));
  return static_cast<int>(buffers_.size()) - 1;
}

int Writer::AddTensor(const std::string& name,
                      const std::vector<int32_t>& shape, TensorType type,
                      int buffer, const TensorQuantisation& quantisation) {
  Table quant;
  if (!quantisation.scales.empty()) {
    const auto scales = builder_.CreateVector(quantisation.scales);
    const auto zeros = builder_.CreateVector(std::vector<int64_t>(
        quantisation.scales.size(), quantisation.zero_point));
    const auto start = builder_.StartTable();
    builder_.AddOffset(F(2), scales);
    builder_.AddOffset(F(3), zeros);
    builder_.AddElement<int32_t>(F(6), quantisation.axis, 0);
    quant = builder_.EndTable(start);
  }
  const auto dims = builder_.CreateVector(shape);
  const auto label = builder_.CreateString(name);
  const auto start = builder_.StartTable();
  builder_.AddOffset(F(0), dims);
  builder_.AddElement<int8_t>(F(1), type, 0);
  builder_.AddElement<uint32_t>(F(2), static_cast<uint32_t>(buffer), 0);
  builder_.AddOffset(F(3), label);
  builder_.AddOffset(F(4), quant);
  tensors_.emplace_back(builder_.EndTable(start));
  return static_cast<int>(tensors_.size()) - 1;
}

uint32_t Writer::OpcodeIndex(const Builtin& builtin) {
  for (size_t i = 0; i < opcode_numbers_.size(); ++i) {
    if (opcode_numbers_[i] == builtin.code) {
      return static_cast<uint32_t>(i);
    }
  }
  const auto start = builder_.StartTable();
  builder_.AddElement<int8_t>(F(0), builtin.code, 0);
  builder_.AddElement<int32_t>(F(2), builtin.version, 1);
  builder_.AddElement<int32_t>(F(3), builtin.code, 0);
  opcodes_.emplace_back(builder_.EndTable(start));
  opcode_numbers_.push_back(builtin.code);
  return static_cast<uint32_t>(opcodes_.size() - 1);
}

void Writer::AddOperator(const Builtin& builtin,
                         const std::vector<int32_t>& inputs, int output,
                         Table options) {
  const uint32_t opcode = OpcodeIndex(builtin);
  const auto from = builder_.CreateVector(inputs);
  const auto to = builder_.CreateVector(std::vector<int32_t>{output});
  const auto start = builder_.StartTable();
  builder_.AddElement<uint32_t>(F(0), opcode, 0);
  builder_.AddOffset(F(1), from);
  builder_.AddOffset(F(2), to);
  builder_.AddElement<uint8_t>(F(3), builtin.options, 0);
  builder_.AddOffset(F(4), options);
  operators_.emplace_back(builder_.EndTable(start));
}

// Conv2DOptions and DepthwiseConv2DOptions; padding 0 is SAME.
Table Writer::WindowOptions(const Layer& layer) {
  const bool depthwise = layer.kind == Kind::kDepthwise;
  const auto start = builder_.StartTable();
  builder_.AddElement<int32_t>(F(1), layer.stride, 0);
  builder_.AddElement<int32_t>(F(2), layer.stride, 0);
  if (depthwise) {
    builder_.AddElement<int32_t>(F(3), 1, 0);  // depth multiplier
  }
  builder_.AddElement<int8_t>(F(depthwise ? 4 : 3), CodeOf(layer.activation),
                              0);
  return builder_.EndTable(start);
}

Table Writer::PoolOptions(const Layer& layer) {
  constexpr int8_t kValid = 1;
  const auto start = builder_.StartTable();
  builder_.AddElement<int8_t>(F(0), kValid, 0);
  builder_.AddElement<int32_t>(F(1), layer.stride, 0);
  builder_.AddElement<int32_t>(F(2), layer.stride, 0);
  builder_.AddElement<int32_t>(F(3), layer.window, 0);
  builder_.AddElement<int32_t>(F(4), layer.window, 0);
  return builder_.EndTable(start);
}

int Writer::AddWeights(const QuantLayer& q, const std::string& name) {
  const Layer& layer = q.layer;
  const int buffer = AddBuffer(q.weights.data(), q.weights.size());
  TensorQuantisation quant{q.weight_scales, 0, 0};
  std::vector<int32_t> shape = {layer.out_channels, layer.window, layer.window,
                                layer.in_channels};
  if (layer.kind == Kind::kDepthwise) {
    shape = {1, layer.window, layer.window, layer.out_channels};
    quant.axis = 3;
  } else if (layer.kind == Kind::kFullyConnected) {
    shape = {layer.out_channels, layer.in_channels};
  }
  return AddTensor(name + "/weights", shape, kInt8, buffer, quant);
}

int Writer::AddBias(const QuantLayer& q, const std::string& name) {
  const int buffer =
      AddBuffer(q.bias.data(), q.bias.size() * sizeof(q.bias[0]));
  TensorQuantisation quant;
  for (const float scale : q.weight_scales) {
    quant.scales.push_back(q.input.scale * scale);
  }
  return AddTensor(name + "/bias", {q.layer.out_channels}, kInt32, buffer,
                   quant);
}

int Writer::AddLayer(const QuantLayer& q, int number, int input) {
  const Layer& layer = q.layer;
  const std::string index = std::to_string(number);
  const std::vector<int32_t> shape = {1, layer.out_side, layer.out_side,
                                      layer.out_channels};
  if (layer.kind == Kind::kAveragePool) {
    const int output = AddActivation("pool" + index, shape, q.output);
    AddOperator(kAveragePool2d, {input}, output, PoolOptions(layer));
    return output;
  }
  if (layer.kind == Kind::kFullyConnected) {
    const std::string name = "dense" + index;
    const int weights = AddWeights(q, name);
    const int bias = AddBias(q, name);
    const int output = AddActivation(name, {1, layer.out_channels}, q.output);
    const Table options = builder_.EndTable(builder_.StartTable());
    AddOperator(kFullyConnected, {input, weights, bias}, output, options);
    return output;
  }
  const bool depthwise = layer.kind == Kind::kDepthwise;
  const std::string name = (depthwise ? "depthwise" : "conv") + index;
  const int weights = AddWeights(q, name);
  const int bias = AddBias(q, name);
  const int output = AddActivation(name, shape, q.output);
  AddOperator(depthwise ? kDepthwiseConv2d : kConv2d, {input, weights, bias},
              output, WindowOptions(layer));
  return output;
}

int Writer::AddReshape(const QuantLayer& pool, int input) {
  const std::vector<int32_t> shape = {1, pool.layer.out_size()};
  const int buffer = AddBuffer(shape.data(), shape.size() * sizeof(int32_t));
  const int shape_tensor = AddTensor("flat/shape", {2}, kInt32, buffer, {});
  const int output = AddActivation("flat", shape, pool.output);
  const auto dims = builder_.CreateVector(shape);
  const auto start = builder_.StartTable();
  builder_.AddOffset(F(0), dims);
  const Table options = builder_.EndTable(start);
  AddOperator(kReshape, {input, shape_tensor}, output, options);
  return output;
}

int Writer::AddSoftmax(const QuantModel& model, int input) {
  const int classes = model.layers.back().layer.out_channels;
  const int output = AddActivation("scores", {1, classes}, model.output);
  const auto start = builder_.StartTable();
  builder_.AddElement<float>(F(0), 1.0F, 0.0F);  // beta
  const Table options = builder_.EndTable(start);
  AddOperator(kSoftmax, {input}, output, options);
  return output;
}

void Writer::Finish(int input, int output) {
  const auto tensors = builder_.CreateVector(tensors_);
  const auto inputs = builder_.CreateVector(std::vector<int32_t>{input});
  const auto outputs = builder_.CreateVector(std::vector<int32_t>{output});
  const auto operators = builder_.CreateVector(operators_);
  const auto graph_name = builder_.CreateString("main");
  const auto graph_start = builder_.StartTable();
  builder_.AddOffset(F(0), tensors);
  builder_.AddOffset(F(1), inputs);
  builder_.AddOffset(F(2), outputs);
  builder_.AddOffset(F(3), operators);
  builder_.AddOffset(F(4), graph_name);
  const Table graph = builder_.EndTable(graph_start);
  const auto graphs = builder_.CreateVector(std::vector<Table>{graph});
  const auto opcodes = builder_.CreateVector(opcodes_);
  const auto buffers = builder_.CreateVector(buffers_);
  const auto description = builder_.CreateString("tinyrig example: digits");
  const auto start = builder_.StartTable();
  builder_.AddElement<uint32_t>(F(0), 3, 0);  // version of the schema
  builder_.AddOffset(F(1), opcodes);
  builder_.AddOffset(F(2), graphs);
  builder_.AddOffset(F(3), description);
  builder_.AddOffset(F(4), buffers);
  const Table root = builder_.EndTable(start);
  builder_.Finish(root, "TFL3");
}

std::vector<uint8_t> Writer::Write(const QuantModel& model) {
  AddBuffer(nullptr, 0);  // buffer 0 means "no data" in the format
  const Layer& first = model.layers.front().layer;
  const int input = AddActivation(
      "image", {1, first.in_side, first.in_side, first.in_channels},
      model.input);
  int at = input;
  for (size_t i = 0; i < model.layers.size(); ++i) {
    at = AddLayer(model.layers[i], static_cast<int>(i), at);
    if (model.layers[i].layer.kind == Kind::kAveragePool) {
      at = AddReshape(model.layers[i], at);
    }
  }
  Finish(input, AddSoftmax(model, at));
  return {builder_.GetBufferPointer(),
          builder_.GetBufferPointer() + builder_.GetSize()};
}

}  // namespace

std::vector<uint8_t> WriteTflite(const QuantModel& model) {
  return Writer().Write(model);
}

}  // namespace tinyrig::digits
