// Trains the network on freshly drawn samples with Adam; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "examples/digits/train/draw.h"
#include "examples/digits/train/network.h"

namespace tinyrig::digits {

struct TrainOptions {
  uint64_t seed = 1;
  int batches = 2200;
  int batch_size = 32;
  float learning_rate = 4e-3F;  ///< at the start; falls linearly to 1/50
  /// Called every 100 batches with the mean loss since the last call.
  std::function<void(int batch, float loss)> progress;
};

/// 0..255 -> 0..1, as the quantised input's scale of 1/255 reads it.
std::vector<float> Normalised(const Image& image);

Network Train(const TrainOptions& options);

}  // namespace tinyrig::digits
