#include "examples/digits/train/draw.h"

#include <algorithm>
#include <cmath>

#include "examples/digits/train/glyphs.h"
#include "examples/digits/train/random.h"

namespace tinyrig::digits {
namespace {

constexpr double kCentre = kSide / 2.0;
constexpr double kGlyphSide = 17;  // pixels that an unscaled glyph spans

/// x' = xx x + xy y + dx; y' = yx x + yy y + dy.
struct Affine {
  double xx, xy, yx, yy, dx, dy;
  [[nodiscard]] Point operator()(Point p) const {
    return {xx * p.x + xy * p.y + dx, yx * p.x + yy * p.y + dy};
  }
};

/// Unit box -> pixels. The angle is given by the tangent of its half, so that
/// no sine is needed: libraries disagree about its last bit.
Affine RandomAffine(Random& random) {
  const double half = random.Between(-0.17, 0.17);  // up to about 19 degrees
  const double cosine = (1 - half * half) / (1 + half * half);
  const double sine = 2 * half / (1 + half * half);
  const double shear = random.Between(-0.3, 0.3);
  const double scale_x = kGlyphSide * random.Between(0.6, 1.1);
  const double scale_y = kGlyphSide * random.Between(0.7, 1.1);
  const double xx = cosine * scale_x;
  const double xy = (cosine * shear - sine) * scale_y;
  const double yx = sine * scale_x;
  const double yy = (sine * shear + cosine) * scale_y;
  const double at_x = kCentre + random.Between(-3, 3);
  const double at_y = kCentre + random.Between(-3, 3);
  // The glyph's middle, (0.5, 0.5), comes to lie at (at_x, at_y).
  return {xx, xy, yx, yy, at_x - (xx + xy) / 2, at_y - (yx + yy) / 2};
}

double Distance(Point p, Point a, Point b) {
  const double dx = b.x - a.x;
  const double dy = b.y - a.y;
  const double length2 = dx * dx + dy * dy;
  double t = 0;
  if (length2 > 0) {
    t = ((p.x - a.x) * dx + (p.y - a.y) * dy) / length2;
    t = std::clamp(t, 0.0, 1.0);
  }
  const double ex = p.x - (a.x + t * dx);
  const double ey = p.y - (a.y + t * dy);
  return std::sqrt(ex * ex + ey * ey);
}

using Coverage = std::array<double, kPixels>;  // 0 ground .. 1 ink

void DrawLine(Point a, Point b, double radius, double strength,
              Coverage& coverage) {
  const double reach = radius + 0.5;  // no ink farther away
  const auto low = [reach](double p, double q) {
    return static_cast<int>(
        std::clamp<double>(std::min(p, q) - reach - 1, 0, kSide));
  };
  const auto high = [reach](double p, double q) {
    return static_cast<int>(
        std::clamp<double>(std::max(p, q) + reach + 1, 0, kSide));
  };
  for (int y = low(a.y, b.y); y < high(a.y, b.y); ++y) {
    for (int x = low(a.x, b.x); x < high(a.x, b.x); ++x) {
      const double away = Distance({x + 0.5, y + 0.5}, a, b);
      const double ink = std::clamp(reach - away, 0.0, 1.0) * strength;
      double& pixel = coverage[static_cast<size_t>(y * kSide + x)];
      pixel = std::max(pixel, ink);
    }
  }
}

void DrawGlyph(int digit, Random& random, Coverage& coverage) {
  const Affine map = RandomAffine(random);
  const double radius = random.Between(0.6, 1.6);
  for (const Stroke& stroke : Glyph(digit, random)) {
    for (size_t i = 0; i + 1 < stroke.size(); ++i) {
      DrawLine(map(stroke[i]), map(stroke[i + 1]), radius, 1, coverage);
    }
  }
}

/// A stray line somewhere, as a scratch or a neighbour's stroke.
void DrawClutter(Random& random, Coverage& coverage) {
  const Point a = {random.Between(0, kSide), random.Between(0, kSide)};
  const Point b = {a.x + random.Between(-8, 8), a.y + random.Between(-8, 8)};
  DrawLine(a, b, random.Between(0.3, 1), random.Between(0.4, 1), coverage);
}

}  // namespace

Image DrawSample(uint64_t seed, Split split, uint64_t index) {
  Random random(seed, index * 4 + static_cast<uint64_t>(split));
  Coverage coverage = {};
  DrawGlyph(LabelOf(index), random, coverage);
  if (random.Chance(0.5)) {
    DrawClutter(random, coverage);
  }
  const double ground = random.Between(0, 90);
  const double ink = ground + random.Between(70, 165);
  const double noise = random.Between(5, 26);
  Image image = {};
  for (size_t i = 0; i < image.size(); ++i) {
    const double level =
        ground + (ink - ground) * coverage[i] + noise * random.Normal();
    image[i] = static_cast<uint8_t>(std::clamp(level, 0.0, 255.0) + 0.5);
  }
  return image;
}

}  // namespace tinyrig::digits
