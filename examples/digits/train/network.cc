#include "examples/digits/train/network.h"

#include <algorithm>
#include <cmath>

#include "examples/digits/train/draw.h"

namespace tinyrig::digits {
namespace {

// Calls visit(out_pixel, in_pixel, tap) for each tap that lies in the picture.
template <typename Visit>
void ForEachTap(const Layer& layer, const Visit& visit) {
  const int pad = layer.pad_before();
  for (int out_y = 0; out_y < layer.out_side; ++out_y) {
    for (int out_x = 0; out_x < layer.out_side; ++out_x) {
      for (int tap = 0; tap < layer.window * layer.window; ++tap) {
        const int y = out_y * layer.stride - pad + tap / layer.window;
        const int x = out_x * layer.stride - pad + tap % layer.window;
        if (y >= 0 && y < layer.in_side && x >= 0 && x < layer.in_side) {
          visit(out_y * layer.out_side + out_x, y * layer.in_side + x, tap);
        }
      }
    }
  }
}

// sum[i] += a * b[i]: the shape that a compiler turns into vector code without
// leave to reorder sums.
inline void AddScaled(int count, float a, const float* b, float* sum) {
  for (int i = 0; i < count; ++i) {
    sum[i] += a * b[i];
  }
}

void ForwardTaps(const Layer& layer, const Parameters& parameters,
                 const float* in, float* out) {
  const int channels = layer.out_channels;
  for (int i = 0; i < layer.out_size(); ++i) {
    out[i] = parameters.bias[static_cast<size_t>(i % channels)];
  }
  const float* weights = parameters.weights.data();
  ForEachTap(layer, [&](int out_pixel, int in_pixel, int tap) {
    const float* x = in + in_pixel * layer.in_channels;
    float* y = out + out_pixel * channels;
    if (layer.kind == Kind::kDepthwise) {
      const float* w = weights + tap * channels;
      for (int c = 0; c < channels; ++c) {
        y[c] += x[c] * w[c];
      }
      return;
    }
    const float* w = weights + tap * layer.in_channels * channels;
    for (int c = 0; c < layer.in_channels; ++c) {
      AddScaled(channels, x[c], w + c * channels, y);
    }
  });
}

// [tap][in][out] -> [tap][out][in], so that the inner loop of the gradient of
// the input runs over neighbours in memory.
std::vector<float> Transposed(const Layer& layer,
                              const std::vector<float>& weights) {
  const auto in = static_cast<size_t>(layer.in_channels);
  const auto out = static_cast<size_t>(layer.out_channels);
  std::vector<float> result(weights.size());
  for (size_t i = 0; i < weights.size(); ++i) {
    const size_t tap = i / (in * out);
    const size_t from = i / out % in;
    result[(tap * out + i % out) * in + from] = weights[i];
  }
  return result;
}

void BackwardTaps(const Layer& layer, const Parameters& parameters,
                  const float* in, const float* out_grad, float* in_grad,
                  Parameters& gradient) {
  const int channels = layer.out_channels;
  for (int i = 0; i < layer.out_size(); ++i) {
    gradient.bias[static_cast<size_t>(i % channels)] += out_grad[i];
  }
  const bool depthwise = layer.kind == Kind::kDepthwise;
  const std::vector<float> turned =
      depthwise ? parameters.weights : Transposed(layer, parameters.weights);
  ForEachTap(layer, [&](int out_pixel, int in_pixel, int tap) {
    const int at = tap * layer.depth() * channels;
    const float* x = in + in_pixel * layer.in_channels;
    float* dx = in_grad + in_pixel * layer.in_channels;
    const float* dy = out_grad + out_pixel * channels;
    const float* w = turned.data() + at;
    float* dw = gradient.weights.data() + at;
    if (depthwise) {
      for (int c = 0; c < channels; ++c) {
        dx[c] += dy[c] * w[c];
        dw[c] += dy[c] * x[c];
      }
      return;
    }
    for (int c = 0; c < channels; ++c) {
      AddScaled(layer.in_channels, dy[c], w + c * layer.in_channels, dx);
    }
    for (int c = 0; c < layer.in_channels; ++c) {
      AddScaled(channels, x[c], dy, dw + c * channels);
    }
  });
}

void Activate(Activation activation, std::vector<float>& values) {
  if (activation == Activation::kNone) {
    return;
  }
  const float top = activation == Activation::kRelu6 ? 6.0F : 1e30F;
  for (float& value : values) {
    value = std::clamp(value, 0.0F, top);
  }
}

// No gradient flows where the output is clamped.
void MaskClamped(Activation activation, const std::vector<float>& values,
                 std::vector<float>& gradient) {
  if (activation == Activation::kNone) {
    return;
  }
  const float top = activation == Activation::kRelu6 ? 6.0F : 1e30F;
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] <= 0 || values[i] >= top) {
      gradient[i] = 0;
    }
  }
}

// Turns logits into softmax minus one-hot; returns the cross entropy.
float LossGradient(std::vector<float>& logits, int label) {
  const float top = *std::max_element(logits.begin(), logits.end());
  const float of_label = logits[static_cast<size_t>(label)] - top;
  float sum = 0;
  for (float& logit : logits) {
    logit = std::exp(logit - top);
    sum += logit;
  }
  for (float& logit : logits) {
    logit /= sum;
  }
  logits[static_cast<size_t>(label)] -= 1;
  return std::log(sum) - of_label;
}

}  // namespace

int Layer::pad_before() const {
  if (kind == Kind::kAveragePool) {
    return 0;
  }
  return std::max((out_side - 1) * stride + window - in_side, 0) / 2;
}

std::vector<Layer> DigitsLayers() {
  std::vector<Layer> layers;
  const auto add = [&layers](Kind kind, int out_channels, int window,
                             int stride, Activation activation) {
    Layer layer;
    layer.kind = kind;
    layer.in_side = layers.empty() ? kSide : layers.back().out_side;
    layer.in_channels = layers.empty() ? 1 : layers.back().out_channels;
    layer.out_side = (layer.in_side + stride - 1) / stride;
    layer.out_channels = out_channels;
    layer.window = window;
    layer.stride = stride;
    layer.activation = activation;
    layers.push_back(layer);
  };
  add(Kind::kConv, 16, 3, 2, Activation::kRelu6);  // 12 x 12
  add(Kind::kDepthwise, 16, 3, 1, Activation::kRelu6);
  add(Kind::kConv, 32, 1, 1, Activation::kRelu6);
  add(Kind::kDepthwise, 32, 3, 2, Activation::kRelu6);  // 6 x 6
  add(Kind::kConv, 64, 1, 1, Activation::kRelu6);
  add(Kind::kDepthwise, 64, 3, 1, Activation::kRelu6);
  add(Kind::kConv, 64, 1, 1, Activation::kRelu);
  add(Kind::kAveragePool, 64, 6, 6, Activation::kNone);  // 1 x 1
  add(Kind::kFullyConnected, kClasses, 1, 1, Activation::kNone);
  return layers;
}

Network RandomNetwork(const std::vector<Layer>& layers, Random& random) {
  Network network;
  network.layers = layers;
  for (const Layer& layer : layers) {
    Parameters parameters;
    const double fan_in = layer.window * layer.window * layer.depth();
    for (int i = 0; i < layer.weight_count(); ++i) {
      parameters.weights.push_back(
          static_cast<float>(random.Normal() * std::sqrt(2 / fan_in)));
    }
    parameters.bias.assign(static_cast<size_t>(layer.bias_count()), 0.0F);
    network.parameters.push_back(std::move(parameters));
  }
  return network;
}

void Forward(const Network& network, std::span<const float> input,
             Values& values) {
  values.resize(network.layers.size() + 1);
  values[0].assign(input.begin(), input.end());
  for (size_t i = 0; i < network.layers.size(); ++i) {
    const Layer& layer = network.layers[i];
    std::vector<float>& out = values[i + 1];
    out.assign(static_cast<size_t>(layer.out_size()), 0.0F);
    if (layer.kind == Kind::kAveragePool) {
      const int pixels = layer.in_side * layer.in_side;
      for (int pixel = 0; pixel < pixels; ++pixel) {
        AddScaled(layer.in_channels, 1.0F / static_cast<float>(pixels),
                  values[i].data() + pixel * layer.in_channels, out.data());
      }
      continue;
    }
    ForwardTaps(layer, network.parameters[i], values[i].data(), out.data());
    Activate(layer.activation, out);
  }
}

float Backward(const Network& network, const Values& values, int label,
               std::vector<Parameters>& gradient) {
  std::vector<float> out_grad = values.back();
  const float loss = LossGradient(out_grad, label);
  for (size_t i = network.layers.size(); i-- > 0;) {
    const Layer& layer = network.layers[i];
    std::vector<float> in_grad(static_cast<size_t>(layer.in_size()), 0.0F);
    if (layer.kind == Kind::kAveragePool) {
      const int pixels = layer.in_side * layer.in_side;
      for (int pixel = 0; pixel < pixels; ++pixel) {
        AddScaled(layer.in_channels, 1.0F / static_cast<float>(pixels),
                  out_grad.data(), in_grad.data() + pixel * layer.in_channels);
      }
    } else {
      MaskClamped(layer.activation, values[i + 1], out_grad);
      BackwardTaps(layer, network.parameters[i], values[i].data(),
                   out_grad.data(), in_grad.data(), gradient[i]);
    }
    out_grad = std::move(in_grad);
  }
  return loss;
}

}  // namespace tinyrig::digits
