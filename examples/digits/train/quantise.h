// From float to int8 after training: weights symmetric and per output channel,
// activations asymmetric and per tensor, biases int32.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "examples/digits/train/draw.h"
#include "examples/digits/train/network.h"

namespace tinyrig::digits {

/// real = scale * (q - zero_point).
struct TensorQuant {
  float scale = 1;
  int32_t zero_point = 0;
};

/// A layer as the model file holds it. Weights in TFLite's order: convolution
/// [out, h, w, in], depthwise [1, h, w, out], fully connected [out, in].
struct QuantLayer {
  Layer layer;
  TensorQuant input, output;
  std::vector<int8_t> weights;
  std::vector<float>
      weight_scales;          ///< one per channel; one if fully connected
  std::vector<int32_t> bias;  ///< scale: input.scale * weight scale
};

/// The layers, then a softmax over the last one's output.
struct QuantModel {
  TensorQuant input;
  std::vector<QuantLayer> layers;
  TensorQuant output;  ///< 1/256, -128: what TFLite asks of an int8 softmax
};

/// `calibration` images give the range of each activation.
QuantModel Quantise(const Network& network, std::span<const Image> calibration);

/// 0..255 -> -128..127.
std::vector<int8_t> QuantInput(const Image& image);

}  // namespace tinyrig::digits
