#include "examples/digits/train/glyphs.h"

#include <array>
#include <cstddef>
#include <string_view>

namespace tinyrig::digits {
namespace {

constexpr double kKnotJitter = 0.045;
constexpr int kPointsPerSpan = 6;

// The written forms of each digit. A knot is "xxyy" in hundredths of the box;
// "/" lifts the pen, also where a corner keeps the curve from running through.
const std::array<std::vector<std::string_view>, 10>& Forms() {
  static const std::array<std::vector<std::string_view>, 10> forms = {{
      {"5005 2025 1550 2075 5095 8075 8550 8025 5005"},
      {"3025 5505 / 5505 5595", "3025 5505 / 5505 5595 / 3095 8095",
       "5005 5095"},
      {"2025 3508 6006 8025 7050 4075 1895 / 1895 8595",
       "2020 5005 7822 6060 3088 2075 4580 8592"},
      {"2012 5005 7822 6842 4248 / 4248 7052 8372 6093 3595 1585",
       "2006 8006 / 8006 4542 / 4542 7552 8075 5594 1886"},
      {"6595 6505 / 6505 1565 / 1565 9065",
       "3005 2060 / 2060 8860 / 6830 6895"},
      {"7806 2806 / 2806 2245 / 2245 5038 7850 8272 6093 3595 1585"},
      {"7006 4020 2055 2585 5095 7882 7860 5548 3055 2170"},
      {"1506 8506 / 8506 5550 4095", "1506 8506 / 8506 5550 4095 / 3550 7250"},
      {"5005 2520 3542 6555 8075 5095 2075 3555 6542 7520 5005"},
      {"7830 6008 3010 2030 3550 6048 7830 / 8020 7860 6095",
       "7830 6008 3010 2030 3550 6048 7830 / 7830 7865 6092 3092"},
  }};
  return forms;
}

std::vector<Stroke> Knots(std::string_view form) {
  const auto hundredths = [](std::string_view two) {
    return ((two[0] - '0') * 10 + (two[1] - '0')) / 100.0;
  };
  std::vector<Stroke> strokes(1);
  for (size_t at = 0; at < form.size();) {
    if (form[at] == '/') {
      strokes.emplace_back();
    } else {
      strokes.back().push_back(
          {hundredths(form.substr(at)), hundredths(form.substr(at + 2))});
    }
    at = form.find(' ', at);
    at = at == std::string_view::npos ? form.size() : at + 1;
  }
  return strokes;
}

/// Catmull-Rom: the curve through b and c, whose neighbours are a and d.
double Spline(double a, double b, double c, double d, double t) {
  return 0.5 * (2 * b + t * (c - a +
                             t * (2 * a - 5 * b + 4 * c - d +
                                  t * (3 * (b - c) + d - a))));
}

Stroke Smooth(const Stroke& knots) {
  Stroke curve = {knots.front()};
  for (size_t i = 0; i + 1 < knots.size(); ++i) {
    const Point a = knots[i == 0 ? 0 : i - 1];
    const Point b = knots[i];
    const Point c = knots[i + 1];
    const Point d = knots[i + 2 < knots.size() ? i + 2 : i + 1];
    for (int step = 1; step <= kPointsPerSpan; ++step) {
      const double t = static_cast<double>(step) / kPointsPerSpan;
      curve.push_back(
          {Spline(a.x, b.x, c.x, d.x, t), Spline(a.y, b.y, c.y, d.y, t)});
    }
  }
  return curve;
}

}  // namespace

std::vector<Stroke> Glyph(int digit, Random& random) {
  const std::vector<std::string_view>& forms =
      Forms()[static_cast<size_t>(digit)];
  const int choice = random.Below(static_cast<int>(forms.size()));
  std::vector<Stroke> strokes;
  for (Stroke knots : Knots(forms[static_cast<size_t>(choice)])) {
    for (Point& knot : knots) {
      knot.x += random.Between(-kKnotJitter, kKnotJitter);
      knot.y += random.Between(-kKnotJitter, kKnotJitter);
    }
    strokes.push_back(Smooth(knots));
  }
  return strokes;
}

}  // namespace tinyrig::digits
