// From output bytes to classes, from classes to accuracy. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "tinyrig/v1/run.pb.h"

namespace tinyrig::server {

/// Index of the largest element of an output tensor, compared in its own type
/// ("int8", "uint8", "float32", little-endian); the lowest index wins a tie,
/// NaN never wins. -1 for no elements or another type.
int32_t ArgMax(std::string_view output, const std::string& type);

/// So many samples of this label were answered with this class.
struct ClassCountEntry {
  int32_t label = 0;
  int32_t predicted = 0;
  int64_t count = 0;
};

/// Above this many classes the confusion matrix is left out.
inline constexpr int32_t kMaxConfusionClasses = 256;

v1::Accuracy Score(std::span<const ClassCountEntry> counts,
                   int32_t class_count);

}  // namespace tinyrig::server
