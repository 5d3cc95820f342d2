#include "examples/digits/train/trainer.h"

#include <algorithm>
#include <cmath>

namespace tinyrig::digits {
namespace {

// Adam (Kingma and Ba, 2015) with its usual constants.
constexpr float kBeta1 = 0.9F;
constexpr float kBeta2 = 0.999F;
constexpr float kEpsilon = 1e-8F;

std::vector<Parameters> ZerosLike(const std::vector<Parameters>& shapes) {
  std::vector<Parameters> zeros = shapes;
  for (Parameters& layer : zeros) {
    std::fill(layer.weights.begin(), layer.weights.end(), 0.0F);
    std::fill(layer.bias.begin(), layer.bias.end(), 0.0F);
  }
  return zeros;
}

struct Adam {
  std::vector<Parameters> mean, square;
  float decay1 = 1, decay2 = 1;  // kBeta1 and kBeta2 to the step

  void Step(std::vector<float>& values, const std::vector<float>& gradient,
            std::vector<float>& m, std::vector<float>& v, float rate) const {
    const float rate1 = rate / (1 - decay1);
    const float scale2 = 1 / (1 - decay2);
    for (size_t i = 0; i < values.size(); ++i) {
      m[i] = kBeta1 * m[i] + (1 - kBeta1) * gradient[i];
      v[i] = kBeta2 * v[i] + (1 - kBeta2) * gradient[i] * gradient[i];
      values[i] -= rate1 * m[i] / (std::sqrt(v[i] * scale2) + kEpsilon);
    }
  }

  void Step(Network& network, const std::vector<Parameters>& gradient,
            float rate) {
    decay1 *= kBeta1;
    decay2 *= kBeta2;
    for (size_t i = 0; i < gradient.size(); ++i) {
      Step(network.parameters[i].weights, gradient[i].weights, mean[i].weights,
           square[i].weights, rate);
      Step(network.parameters[i].bias, gradient[i].bias, mean[i].bias,
           square[i].bias, rate);
    }
  }
};

void Scale(float factor, std::vector<Parameters>& gradient) {
  for (Parameters& layer : gradient) {
    for (float& value : layer.weights) {
      value *= factor;
    }
    for (float& value : layer.bias) {
      value *= factor;
    }
  }
}

}  // namespace

std::vector<float> Normalised(const Image& image) {
  std::vector<float> values;
  values.reserve(image.size());
  for (const uint8_t pixel : image) {
    values.push_back(static_cast<float>(pixel) / 255.0F);
  }
  return values;
}

Network Train(const TrainOptions& options) {
  constexpr int kReportEvery = 100;
  Random random(options.seed, 0);
  Network network = RandomNetwork(DigitsLayers(), random);
  Adam adam{ZerosLike(network.parameters), ZerosLike(network.parameters)};
  Values values;
  uint64_t sample = 0;
  float loss = 0;
  for (int batch = 1; batch <= options.batches; ++batch) {
    std::vector<Parameters> gradient = ZerosLike(network.parameters);
    for (int i = 0; i < options.batch_size; ++i, ++sample) {
      const Image image = DrawSample(options.seed, Split::kTrain, sample);
      Forward(network, Normalised(image), values);
      loss += Backward(network, values, LabelOf(sample), gradient);
    }
    Scale(1.0F / static_cast<float>(options.batch_size), gradient);
    const float done =
        static_cast<float>(batch) / static_cast<float>(options.batches);
    adam.Step(network, gradient, options.learning_rate * (1 - 0.98F * done));
    if (batch % kReportEvery == 0 && options.progress) {
      options.progress(
          batch, loss / static_cast<float>(kReportEvery * options.batch_size));
      loss = 0;
    }
  }
  return network;
}

}  // namespace tinyrig::digits
