#include "server/stats/top1.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/bytes.h"

namespace tinyrig::server {
namespace {

template <typename Load>
int32_t ArgMaxOf(size_t count, const Load& load) {
  int32_t best = -1;
  for (size_t i = 0; i < count; ++i) {
    const auto value = load(i);
    if (value == value &&  // not NaN
        (best < 0 || value > load(static_cast<size_t>(best)))) {
      best = static_cast<int32_t>(i);
    }
  }
  return best;
}

}  // namespace

int32_t ArgMax(std::string_view output, const std::string& type) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(output.data());
  if (type == "int8") {
    return ArgMaxOf(output.size(), [bytes](size_t i) {
      return static_cast<int>(static_cast<int8_t>(bytes[i]));
    });
  }
  if (type == "uint8") {
    return ArgMaxOf(output.size(),
                    [bytes](size_t i) { return static_cast<int>(bytes[i]); });
  }
  if (type == "float32") {
    return ArgMaxOf(output.size() / 4, [bytes](size_t i) {
      return std::bit_cast<float>(base::LoadLe32(bytes + 4 * i));
    });
  }
  return -1;
}

v1::Accuracy Score(std::span<const ClassCountEntry> counts,
                   int32_t class_count) {
  v1::Accuracy accuracy;
  accuracy.set_class_count(class_count);
  const bool matrix = class_count > 0 && class_count <= kMaxConfusionClasses;
  if (matrix) {
    accuracy.mutable_confusion()->Resize(class_count * class_count, 0);
  }
  for (const ClassCountEntry& entry : counts) {
    accuracy.set_total(accuracy.total() + entry.count);
    if (entry.label == entry.predicted) {
      accuracy.set_correct(accuracy.correct() + entry.count);
    }
    if (matrix && entry.label >= 0 && entry.label < class_count &&
        entry.predicted >= 0 && entry.predicted < class_count) {
      const int cell = entry.label * class_count + entry.predicted;
      accuracy.set_confusion(cell, accuracy.confusion(cell) + entry.count);
    }
  }
  if (accuracy.total() > 0) {
    accuracy.set_top1(static_cast<double>(accuracy.correct()) /
                      static_cast<double>(accuracy.total()));
  }
  return accuracy;
}

}  // namespace tinyrig::server
