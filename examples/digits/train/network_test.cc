#include "examples/digits/train/network.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

#include "examples/digits/train/draw.h"
#include "examples/digits/train/trainer.h"

namespace tinyrig::digits {
namespace {

std::vector<Parameters> Zeros(const Network& network) {
  std::vector<Parameters> zeros = network.parameters;
  for (Parameters& layer : zeros) {
    layer.weights.assign(layer.weights.size(), 0.0F);
    layer.bias.assign(layer.bias.size(), 0.0F);
  }
  return zeros;
}

float Loss(const Network& network, const std::vector<float>& input, int label) {
  Values values;
  Forward(network, input, values);
  std::vector<Parameters> unused = Zeros(network);
  return Backward(network, values, label, unused);
}

// The slope between two points near a parameter's value.
float Slope(Network network, size_t layer, bool bias, size_t index,
            const std::vector<float>& input, int label) {
  constexpr float kStep = 3e-4F;
  Parameters& parameters = network.parameters[layer];
  float& value = bias ? parameters.bias[index] : parameters.weights[index];
  const float at = value;
  value = at + kStep;
  const float above = Loss(network, input, label);
  value = at - kStep;
  return (above - Loss(network, input, label)) / (2 * kStep);
}

TEST(Network, GradientIsTheSlopeOfTheLoss) {
  Random random(5, 0);
  Network network = RandomNetwork(DigitsLayers(), random);
  // A bias of 0 under dead inputs would put a unit right on the kink of ReLU.
  for (Parameters& layer : network.parameters) {
    for (float& bias : layer.bias) {
      bias = static_cast<float>(random.Between(0.05, 0.5));
    }
  }
  const std::vector<float> input = Normalised(DrawSample(5, Split::kTrain, 3));
  Values values;
  Forward(network, input, values);
  std::vector<Parameters> gradient = Zeros(network);
  Backward(network, values, 3, gradient);
  int checked = 0;
  for (size_t layer = 0; layer < gradient.size(); ++layer) {
    for (const bool bias : {false, true}) {
      const std::vector<float>& slopes =
          bias ? gradient[layer].bias : gradient[layer].weights;
      for (size_t i = 0; i < slopes.size(); i += slopes.size() / 5 + 1) {
        const float slope = Slope(network, layer, bias, i, input, 3);
        EXPECT_NEAR(slopes[i], slope, 2e-3F + 0.05F * std::abs(slope))
            << "layer " << layer << (bias ? " bias " : " weight ") << i;
        ++checked;
      }
    }
  }
  EXPECT_GT(checked, 60);
}

TEST(Network, PadsAsTfliteSame) {
  Layer layer;
  layer.window = 3;
  layer.in_side = 24;
  layer.out_side = 12;
  layer.stride = 2;
  EXPECT_EQ(layer.pad_before(), 0);  // one row in all: it goes below
  layer.out_side = 24;
  layer.stride = 1;
  EXPECT_EQ(layer.pad_before(), 1);
}

TEST(Train, LowersTheLoss) {
  TrainOptions options;
  options.batches = 100;
  options.batch_size = 4;
  const Network trained = Train(options);
  options.batches = 1;
  options.learning_rate = 0;
  const Network fresh = Train(options);
  float before = 0;
  float after = 0;
  for (uint64_t i = 0; i < 50; ++i) {
    const auto input = Normalised(DrawSample(1, Split::kTest, i));
    before += Loss(fresh, input, LabelOf(i));
    after += Loss(trained, input, LabelOf(i));
  }
  EXPECT_LT(after, before);
}

}  // namespace
}  // namespace tinyrig::digits
