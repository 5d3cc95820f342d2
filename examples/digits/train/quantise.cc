#include "examples/digits/train/quantise.h"

#include <algorithm>
#include <cmath>

#include "examples/digits/train/trainer.h"

namespace tinyrig::digits {
namespace {

struct Range {
  float low = 0;
  float high = 0;
};

std::vector<Range> OutputRanges(const Network& network,
                                std::span<const Image> calibration) {
  std::vector<Range> ranges(network.layers.size());
  Values values;
  for (const Image& image : calibration) {
    Forward(network, Normalised(image), values);
    for (size_t i = 0; i < ranges.size(); ++i) {
      for (const float value : values[i + 1]) {
        ranges[i].low = std::min(ranges[i].low, value);
        ranges[i].high = std::max(ranges[i].high, value);
      }
    }
  }
  return ranges;
}

// The range holds 0, and 0 is met exactly (padding needs that).
TensorQuant QuantOf(const Range& range) {
  TensorQuant quant;
  quant.scale = std::max(range.high - range.low, 1e-6F) / 255.0F;
  quant.zero_point = static_cast<int32_t>(std::clamp(
      std::round(-128.0F - range.low / quant.scale), -128.0F, 127.0F));
  return quant;
}

// Where weight (tap, in, out) of the training order stands in the file's.
size_t FileIndex(const Layer& layer, int tap, int in, int out) {
  if (layer.kind == Kind::kDepthwise) {
    return static_cast<size_t>(tap * layer.out_channels + out);
  }
  const int taps = layer.window * layer.window;
  return static_cast<size_t>((out * taps + tap) * layer.in_channels + in);
}

std::vector<float> WeightScales(const Layer& layer,
                                const std::vector<float>& weights) {
  const auto channels = static_cast<size_t>(layer.out_channels);
  std::vector<float> tops(channels, 1e-6F);
  for (size_t i = 0; i < weights.size(); ++i) {
    tops[i % channels] = std::max(tops[i % channels], std::abs(weights[i]));
  }
  if (layer.kind == Kind::kFullyConnected) {
    tops = {*std::max_element(tops.begin(), tops.end())};
  }
  for (float& top : tops) {
    top /= 127.0F;
  }
  return tops;
}

void QuantWeights(const Parameters& parameters, QuantLayer& result) {
  const Layer& layer = result.layer;
  const auto channels = static_cast<size_t>(layer.out_channels);
  result.weight_scales = WeightScales(layer, parameters.weights);
  const auto scale_of = [&result](size_t out) {
    return result.weight_scales[result.weight_scales.size() == 1 ? 0 : out];
  };
  result.weights.resize(parameters.weights.size());
  for (size_t i = 0; i < parameters.weights.size(); ++i) {
    const size_t out = i % channels;
    const int row = static_cast<int>(i / channels);
    const size_t at = FileIndex(layer, row / layer.depth(), row % layer.depth(),
                                static_cast<int>(out));
    result.weights[at] = static_cast<int8_t>(std::clamp(
        std::round(parameters.weights[i] / scale_of(out)), -127.0F, 127.0F));
  }
  for (size_t out = 0; out < channels; ++out) {
    const double scale = static_cast<double>(result.input.scale) *
                         static_cast<double>(scale_of(out));
    result.bias.push_back(static_cast<int32_t>(
        std::round(static_cast<double>(parameters.bias[out]) / scale)));
  }
}

}  // namespace

QuantModel Quantise(const Network& network,
                    std::span<const Image> calibration) {
  const std::vector<Range> ranges = OutputRanges(network, calibration);
  QuantModel model;
  model.input = {1.0F / 255.0F, -128};
  TensorQuant input = model.input;
  for (size_t i = 0; i < network.layers.size(); ++i) {
    QuantLayer result;
    result.layer = network.layers[i];
    result.input = input;
    // TFLite wants both ends of a pool to have one scale.
    const bool is_pool = result.layer.kind == Kind::kAveragePool;
    result.output = is_pool ? input : QuantOf(ranges[i]);
    if (!is_pool) {
      QuantWeights(network.parameters[i], result);
    }
    input = result.output;
    model.layers.push_back(std::move(result));
  }
  model.output = {1.0F / 256.0F, -128};
  return model;
}

std::vector<int8_t> QuantInput(const Image& image) {
  std::vector<int8_t> values;
  values.reserve(image.size());
  for (const uint8_t pixel : image) {
    values.push_back(static_cast<int8_t>(pixel - 128));
  }
  return values;
}

}  // namespace tinyrig::digits
