#include "server/filter/filter_value.h"

#include <array>
#include <cmath>
#include <span>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"

#include "server/filter/filter_syntax.h"

namespace tinyrig::server {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr std::array<Unit, 1> kShareUnits = {{{"%", 0.01}}};
constexpr std::array<Unit, 7> kTimeUnits = {{{"ns", 1e-3},
                                             {"us", 1},
                                             {"ms", 1e3},
                                             {"s", 1e6},
                                             {"m", 60e6},
                                             {"h", 3600e6},
                                             {"d", 86400e6}}};
constexpr std::array<Unit, 7> kSizeUnits = {{{"B", 1},
                                             {"kB", 1e3},
                                             {"MB", 1e6},
                                             {"GB", 1e9},
                                             {"KiB", 1024},
                                             {"MiB", 1024.0 * 1024},
                                             {"GiB", 1024.0 * 1024 * 1024}}};

std::span<const Unit> UnitsOf(FilterUnit unit) {
  switch (unit) {
    case FilterUnit::kShare:
      return kShareUnits;
    case FilterUnit::kMicros:
      return kTimeUnits;
    case FilterUnit::kBytes:
      return kSizeUnits;
    case FilterUnit::kNone:
      break;
  }
  return {};
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

size_t SkipDigits(std::string_view text, size_t at) {
  while (at < text.size() && IsDigit(text[at])) {
    ++at;
  }
  return at;
}

// Length of the number in front: -12.5e3.
size_t NumberLength(std::string_view text) {
  const size_t begin = text.starts_with('-') ? 1 : 0;
  size_t at = SkipDigits(text, begin);
  if (at == begin) {
    return 0;
  }
  if (at + 1 < text.size() && text[at] == '.' && IsDigit(text[at + 1])) {
    at = SkipDigits(text, at + 1);
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    const size_t sign =
        at + 1 < text.size() && (text[at + 1] == '-' || text[at + 1] == '+')
            ? 1
            : 0;
    const size_t end = SkipDigits(text, at + 1 + sign);
    at = end > at + 1 + sign ? end : at;
  }
  return at;
}

absl::Status NumberWanted(std::string_view text, FilterUnit unit) {
  std::vector<std::string> names;
  for (const Unit& known : UnitsOf(unit)) {
    names.emplace_back(known.name);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("a number", names.empty() ? "" : ", or one with a unit (",
                   absl::StrJoin(names, ", "), names.empty() ? "" : ")",
                   " is wanted, got ", FilterExcerpt(text)));
}

absl::Status TimeWanted(std::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat(
      "a time is wanted (2026-11-22T10:00:00Z, 2026-11-22, or -24h for 24 "
      "hours ago), got ",
      FilterExcerpt(text)));
}

}  // namespace

absl::StatusOr<double> ParseFilterNumber(std::string_view text,
                                         FilterUnit unit) {
  const size_t length = NumberLength(text);
  double number = 0;
  if (length == 0 ||
      !absl::SimpleAtod(std::string(text.substr(0, length)), &number)) {
    return NumberWanted(text, unit);
  }
  double factor = text.size() == length ? 1 : 0;
  for (const Unit& known : UnitsOf(unit)) {
    factor = text.substr(length) == known.name ? known.factor : factor;
  }
  number *= factor;
  if (factor == 0 || !std::isfinite(number)) {
    return NumberWanted(text, unit);
  }
  return number;
}

absl::StatusOr<FilterTime> ParseFilterTime(std::string_view text,
                                           int64_t now_us) {
  if (text.starts_with('-')) {
    const auto back = ParseFilterNumber(text, FilterUnit::kMicros);
    // Without a unit it is no duration.
    if (!back.ok() || IsDigit(text.back()) || *back < -1e18) {
      return TimeWanted(text);
    }
    const int64_t at = now_us + static_cast<int64_t>(*back);
    return FilterTime{at, at};
  }
  // Blanks would be skipped, "infinite-past" would be known.
  if (text.empty() || !IsDigit(text.front()) ||
      text.find_first_of(" \t\r\n") != std::string_view::npos) {
    return TimeWanted(text);
  }
  const std::string given(text);
  absl::Time time;
  std::string error;
  if (absl::ParseTime("%Y-%m-%d", given, &time, &error)) {
    const int64_t begin = absl::ToUnixMicros(time);
    return FilterTime{begin, begin + int64_t{86400} * 1'000'000};
  }
  if (absl::ParseTime(absl::RFC3339_full, given, &time, &error)) {
    const int64_t at = absl::ToUnixMicros(time);
    return FilterTime{at, at};
  }
  return TimeWanted(text);
}

absl::StatusOr<int64_t> ParseFilterId(std::string_view prefix,
                                      std::string_view text) {
  int64_t number = 0;
  if (text.starts_with(prefix)) {
    const std::string digits(text.substr(prefix.size()));
    const bool plain =
        !digits.empty() &&
        digits.find_first_not_of("0123456789") == std::string::npos;
    if (plain && absl::SimpleAtoi(digits, &number) && number > 0) {
      return number;
    }
  }
  return absl::InvalidArgumentError(absl::StrCat("id ", FilterExcerpt(text),
                                                 ": \"", std::string(prefix),
                                                 "\" and a number is wanted"));
}

std::optional<int64_t> AsInteger(double number) {
  if (std::floor(number) != number || std::abs(number) >= 9.2e18) {
    return std::nullopt;
  }
  return static_cast<int64_t>(number);
}

}  // namespace tinyrig::server
