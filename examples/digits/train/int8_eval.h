// Runs the quantised model in integers, byte for byte as TFLite's reference
// kernels would run the written file.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "examples/digits/train/quantise.h"

namespace tinyrig::digits {

/// `input` is [24, 24, 1]; the result has one softmax value per class.
std::vector<int8_t> Evaluate(const QuantModel& model,
                             std::span<const int8_t> input);

/// Index of the largest; the first of equals.
int ArgMax(std::span<const int8_t> scores);

}  // namespace tinyrig::digits
