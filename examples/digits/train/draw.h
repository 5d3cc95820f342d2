// One drawn digit: strokes, bent by a random affine map, drawn with a soft pen
// on a grey ground, with clutter and noise.
//
// The pixels are the same on every machine: only + - * / and sqrt of IEEE
// doubles are used, and this library is compiled without fused multiply-add.
#pragma once

#include <array>
#include <cstdint>

namespace tinyrig::digits {

constexpr int kSide = 24;               ///< pixels, height and width
constexpr int kPixels = kSide * kSide;  ///< bytes of one image
constexpr int kClasses = 10;

using Image = std::array<uint8_t, kPixels>;  ///< row by row, 0 black .. 255

/// The sequences that one seed gives.
enum class Split : uint64_t { kTrain = 1, kTest = 2 };

/// Sample number `index` >= 0 of a split; its label is index % 10.
Image DrawSample(uint64_t seed, Split split, uint64_t index);

constexpr int LabelOf(uint64_t index) {
  return static_cast<int>(index % kClasses);
}

}  // namespace tinyrig::digits
