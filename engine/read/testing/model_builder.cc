#include "engine/read/testing/model_builder.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "base/bytes.h"
#include "engine/read/tflite_generated.h"

namespace tinyrig::engine::read::testing {
namespace {

template <class Options>
void SetWindow(const WindowOptions& from, Options* to) {
  to->padding = from.padding;
  to->stride_h = from.stride_h;
  to->stride_w = from.stride_w;
  to->activation = from.activation;
}

/// OptionsT is the object form of an options table.
template <class OptionsT>
void SetOptions(const OptionsT& options, fb::OperatorT* op) {
  op->options.Reset();
  op->options.type =
      fb::OptionsTraits<typename OptionsT::TableType>::enum_value;
  op->options.value = new OptionsT(options);  // the union deletes it
}

}  // namespace

ModelBuilder::ModelBuilder() {
  model_.version = 3;
  model_.buffers.push_back(std::make_unique<fb::BufferT>());
  model_.subgraphs.push_back(std::make_unique<fb::SubGraphT>());
}

int ModelBuilder::AddTensor(std::vector<int> shape, fb::TensorType type,
                            std::vector<float> scales,
                            std::vector<int64_t> zero_points,
                            std::vector<uint8_t> data) {
  auto tensor = std::make_unique<fb::TensorT>();
  const auto id = static_cast<int>(graph().tensors.size());
  tensor->name = absl::StrCat("t", id);
  tensor->shape = std::move(shape);
  tensor->type = type;
  if (!scales.empty()) {
    tensor->quantization = std::make_unique<fb::QuantizationT>();
    tensor->quantization->scale = std::move(scales);
    tensor->quantization->zero_point = std::move(zero_points);
  }
  if (!data.empty()) {
    tensor->buffer = static_cast<uint32_t>(model_.buffers.size());
    model_.buffers.push_back(std::make_unique<fb::BufferT>());
    model_.buffers.back()->data = std::move(data);
  }
  graph().tensors.push_back(std::move(tensor));
  return id;
}

int ModelBuilder::Activation(std::vector<int> shape, float scale,
                             int zero_point, fb::TensorType type) {
  return AddTensor(std::move(shape), type, {scale}, {zero_point}, {});
}

int ModelBuilder::Float(std::vector<int> shape) {
  return AddTensor(std::move(shape), fb::TensorType::FLOAT32, {}, {}, {});
}

int ModelBuilder::Weights(std::vector<int> shape,
                          const std::vector<int8_t>& values,
                          std::vector<float> scales, int axis) {
  std::vector<int64_t> zeros(scales.size(), 0);
  const int id =
      AddTensor(std::move(shape), fb::TensorType::INT8, std::move(scales),
                std::move(zeros), {values.begin(), values.end()});
  tensor(id).quantization->quantized_dimension = axis;
  return id;
}

int ModelBuilder::Int32(std::vector<int> shape,
                        const std::vector<int32_t>& values) {
  std::vector<uint8_t> bytes(values.size() * 4);
  for (size_t i = 0; i < values.size(); ++i) {
    base::StoreLe32(&bytes[4 * i], static_cast<uint32_t>(values[i]));
  }
  return AddTensor(std::move(shape), fb::TensorType::INT32, {}, {},
                   std::move(bytes));
}

fb::OperatorT& ModelBuilder::Op(int code, std::vector<int> inputs,
                                std::vector<int> outputs) {
  auto& codes = model_.operator_codes;
  auto at = std::find_if(codes.begin(), codes.end(),
                         [&](const auto& c) { return c->code == code; });
  if (at == codes.end()) {
    auto row = std::make_unique<fb::OperatorCodeT>();
    row->short_code = static_cast<int8_t>(std::min(code, 127));
    row->code = code;
    at = codes.insert(codes.end(), std::move(row));
  }
  auto op = std::make_unique<fb::OperatorT>();
  op->opcode_index = static_cast<uint32_t>(at - codes.begin());
  op->inputs = std::move(inputs);
  op->outputs = std::move(outputs);
  graph().operators.push_back(std::move(op));
  return *graph().operators.back();
}

void ModelBuilder::Add(int a, int b, int out, fb::Activation activation) {
  fb::AddOptionsT options;
  options.activation = activation;
  SetOptions(options, &Op(0, {a, b}, {out}));
}

void ModelBuilder::AveragePool(int in, int out, const WindowOptions& window) {
  fb::Pool2DOptionsT options;
  SetWindow(window, &options);
  options.filter_h = window.filter_h;
  options.filter_w = window.filter_w;
  SetOptions(options, &Op(1, {in}, {out}));
}

void ModelBuilder::MaxPool(int in, int out, const WindowOptions& window) {
  fb::Pool2DOptionsT options;
  SetWindow(window, &options);
  options.filter_h = window.filter_h;
  options.filter_w = window.filter_w;
  SetOptions(options, &Op(17, {in}, {out}));
}

void ModelBuilder::Conv2d(int in, int weights, int bias, int out,
                          const WindowOptions& window) {
  fb::Conv2DOptionsT options;
  SetWindow(window, &options);
  options.dilation_h = window.dilation_h;
  options.dilation_w = window.dilation_w;
  SetOptions(options, &Op(3, {in, weights, bias}, {out}));
}

void ModelBuilder::DepthwiseConv2d(int in, int weights, int bias, int out,
                                   int depth_multiplier,
                                   const WindowOptions& window) {
  fb::DepthwiseConv2DOptionsT options;
  SetWindow(window, &options);
  options.dilation_h = window.dilation_h;
  options.dilation_w = window.dilation_w;
  options.depth_multiplier = depth_multiplier;
  SetOptions(options, &Op(4, {in, weights, bias}, {out}));
}

void ModelBuilder::FullyConnected(int in, int weights, int bias, int out,
                                  fb::Activation activation) {
  fb::FullyConnectedOptionsT options;
  options.activation = activation;
  SetOptions(options, &Op(9, {in, weights, bias}, {out}));
}

void ModelBuilder::Mean(int in, int out, const std::vector<int32_t>& axes,
                        bool keep_dims) {
  fb::ReducerOptionsT options;
  options.keep_dims = keep_dims;
  const int axis = Int32({static_cast<int>(axes.size())}, axes);
  SetOptions(options, &Op(40, {in, axis}, {out}));
}

void ModelBuilder::Pad(int in, int out, const std::vector<int32_t>& paddings) {
  const int rows = static_cast<int>(paddings.size()) / 2;
  const int table = Int32({rows, 2}, paddings);
  Op(34, {in, table}, {out});
}

void ModelBuilder::Reshape(int in, int out) {
  Op(22, {in}, {out});
}

void ModelBuilder::Softmax(int in, int out, float beta) {
  fb::SoftmaxOptionsT options;
  options.beta = beta;
  SetOptions(options, &Op(25, {in}, {out}));
}

void ModelBuilder::Quantize(int in, int out) {
  Op(114, {in}, {out});
}

void ModelBuilder::Dequantize(int in, int out) {
  Op(6, {in}, {out});
}

std::vector<uint8_t> ModelBuilder::Finish(std::vector<int> inputs,
                                          std::vector<int> outputs) {
  graph().inputs = std::move(inputs);
  graph().outputs = std::move(outputs);
  flatbuffers::FlatBufferBuilder builder;
  fb::FinishModelBuffer(builder, fb::Model::Pack(builder, &model_));
  return {builder.GetBufferPointer(),
          builder.GetBufferPointer() + builder.GetSize()};
}

std::vector<uint8_t> TooLargeModel() {
  ModelBuilder model;
  const int in = model.Activation({1, 75, 4000}, 0.1F, 0);
  const int out = model.Activation({1, 75, 4000}, 1.0F / 256, -128);
  model.Softmax(in, out);
  return model.Finish({in}, {out});
}

}  // namespace tinyrig::engine::read::testing
