// The small convolutional network in float: shapes, forward and backward.
// Activations are NHWC with N = 1; samples are trained one by one and their
// gradients added up.
#pragma once

#include <span>
#include <vector>

#include "examples/digits/train/random.h"

namespace tinyrig::digits {

enum class Kind { kConv, kDepthwise, kAveragePool, kFullyConnected };
enum class Activation { kNone, kRelu, kRelu6 };

/// Square windows, SAME padding; the pool spans its whole input, a fully
/// connected layer is a 1x1 convolution of one pixel.
struct Layer {
  Kind kind = Kind::kConv;
  int in_side = 1, in_channels = 1;
  int out_side = 1, out_channels = 1;
  int window = 1, stride = 1;
  Activation activation = Activation::kNone;

  [[nodiscard]] int in_size() const { return in_side * in_side * in_channels; }
  [[nodiscard]] int out_size() const {
    return out_side * out_side * out_channels;
  }
  /// Inputs that one output channel sees at one tap: 1 for depthwise.
  [[nodiscard]] int depth() const {
    return kind == Kind::kDepthwise ? 1 : in_channels;
  }
  [[nodiscard]] int weight_count() const {
    return kind == Kind::kAveragePool
               ? 0
               : window * window * depth() * out_channels;
  }
  [[nodiscard]] int bias_count() const {
    return kind == Kind::kAveragePool ? 0 : out_channels;
  }
  /// Multiply-accumulates, padding cells counted.
  [[nodiscard]] int macs() const {
    return out_side * out_side * weight_count();
  }
  /// Rows of padding above (and columns left); TFLite's SAME puts the odd one
  /// below and right.
  [[nodiscard]] int pad_before() const;
};

/// The architecture of the example (README.md draws it).
std::vector<Layer> DigitsLayers();

/// weights [window, window, depth, out_channels]; bias [out_channels].
struct Parameters {
  std::vector<float> weights;
  std::vector<float> bias;
};

struct Network {
  std::vector<Layer> layers;
  std::vector<Parameters> parameters;  ///< one per layer
};

/// Weights drawn for a steady variance through ReLUs (He et al. 2015), bias 0.
Network RandomNetwork(const std::vector<Layer>& layers, Random& random);

/// values[0] is the input, values[i + 1] the output of layer i.
using Values = std::vector<std::vector<float>>;
void Forward(const Network& network, std::span<const float> input,
             Values& values);

/// Adds the gradient of the cross entropy to `gradient` (shaped as the
/// network's parameters) and returns the loss. `values` are Forward's.
float Backward(const Network& network, const Values& values, int label,
               std::vector<Parameters>& gradient);

}  // namespace tinyrig::digits
