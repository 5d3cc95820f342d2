// Makes small .tflite files in memory, for tests of any folder: fields go in as
// given, also wrong ones.
//
//   ModelBuilder model;
//   const int in = model.Activation({1, 4, 4, 2}, 0.5F, -1);
//   const int weights = model.Weights({3, 1, 1, 2}, {1, 2, 3, 4, 5, 6},
//   {0.1F}); const int bias = model.Int32({3}, {10, 20, 30}); const int out =
//   model.Activation({1, 4, 4, 3}, 0.25F, 3); model.Conv2d(in, weights, bias,
//   out, {}); std::vector<uint8_t> file = model.Finish({in}, {out});
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/read/tflite_generated.h"

namespace tinyrig::engine::read::testing {

/// Window options of conv and pool operators.
struct WindowOptions {
  fb::Padding padding = fb::Padding::VALID;
  int stride_h = 1, stride_w = 1;
  int dilation_h = 1, dilation_w = 1;
  int filter_h = 1, filter_w = 1;  ///< pools only
  fb::Activation activation = fb::Activation::NONE;
};

class ModelBuilder {
 public:
  ModelBuilder();

  // Tensors; each returns its index.
  int Activation(std::vector<int> shape, float scale, int zero_point,
                 fb::TensorType type = fb::TensorType::INT8);
  int Float(std::vector<int> shape);
  /// int8 constant; several scales are per-channel along `axis`.
  int Weights(std::vector<int> shape, const std::vector<int8_t>& values,
              std::vector<float> scales, int axis = 0);
  int Int32(std::vector<int> shape, const std::vector<int32_t>& values);

  // Operators, in order of execution. A bias of -1 is left out.
  void Add(int a, int b, int out,
           fb::Activation activation = fb::Activation::NONE);
  void AveragePool(int in, int out, const WindowOptions& options);
  void MaxPool(int in, int out, const WindowOptions& options);
  void Conv2d(int in, int weights, int bias, int out,
              const WindowOptions& options);
  void DepthwiseConv2d(int in, int weights, int bias, int out,
                       int depth_multiplier, const WindowOptions& options);
  void FullyConnected(int in, int weights, int bias, int out,
                      fb::Activation activation = fb::Activation::NONE);
  void Mean(int in, int out, const std::vector<int32_t>& axes, bool keep_dims);
  void Pad(int in, int out, const std::vector<int32_t>& paddings);
  void Reshape(int in, int out);
  void Softmax(int in, int out, float beta = 1.0F);
  void Quantize(int in, int out);
  void Dequantize(int in, int out);
  /// Any operator by code; returns it for its options.
  fb::OperatorT& Op(int code, std::vector<int> inputs,
                    std::vector<int> outputs);

  /// The object form, to break any field before Finish.
  fb::ModelT& model() { return model_; }
  fb::SubGraphT& graph() { return *model_.subgraphs[0]; }
  fb::TensorT& tensor(int id) {
    return *graph().tensors[static_cast<size_t>(id)];
  }

  std::vector<uint8_t> Finish(std::vector<int> inputs,
                              std::vector<int> outputs);

 private:
  int AddTensor(std::vector<int> shape, fb::TensorType type,
                std::vector<float> scales, std::vector<int64_t> zero_points,
                std::vector<uint8_t> data);

  fb::ModelT model_;
};

/// A model whose one tensor of 300,000 bytes is more than a NUCLEO-F412ZG has.
std::vector<uint8_t> TooLargeModel();

}  // namespace tinyrig::engine::read::testing
