// Values of filters as written -> numbers. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace tinyrig::server {

/// What a plain number of a field counts, and which units may stand behind it.
enum class FilterUnit {
  kNone,    ///< no unit
  kShare,   ///< 0..1; "%"
  kMicros,  ///< "ns", "us", "ms", "s", "m", "h", "d"
  kBytes,   ///< "B", "kB", "MB", "GB", "KiB", "MiB", "GiB"
};

/// "20ms" with kMicros -> 20000. INVALID_ARGUMENT says what would do.
absl::StatusOr<double> ParseFilterNumber(std::string_view text,
                                         FilterUnit unit);

/// A span of time: an instant has begin_us == end_us; a date is its day by
/// UTC, [begin_us, end_us).
struct FilterTime {
  int64_t begin_us = 0, end_us = 0;
  [[nodiscard]] bool is_day() const { return begin_us != end_us; }
};

/// RFC 3339, a date, or a negative duration before `now_us`; microseconds
/// since the Unix epoch. INVALID_ARGUMENT.
absl::StatusOr<FilterTime> ParseFilterTime(std::string_view text,
                                           int64_t now_us);

/// A resource's name as its number: "j-12" with prefix "j-" -> 12, from 1.
/// INVALID_ARGUMENT for anything else.
absl::StatusOr<int64_t> ParseFilterId(std::string_view prefix,
                                      std::string_view text);

/// Whole numbers of 64 bits; nothing for all others.
std::optional<int64_t> AsInteger(double number);

}  // namespace tinyrig::server
