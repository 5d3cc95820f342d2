// The pen strokes of the ten digits, before any distortion by an affine map.
#pragma once

#include <vector>

#include "examples/digits/train/random.h"

namespace tinyrig::digits {

/// Unit box, y down.
struct Point {
  double x = 0;
  double y = 0;
};

using Stroke = std::vector<Point>;

/// A polyline per stroke of `digit` (0..9): one of its written forms, the knots
/// moved a little, a smooth curve laid through them.
std::vector<Stroke> Glyph(int digit, Random& random);

}  // namespace tinyrig::digits
