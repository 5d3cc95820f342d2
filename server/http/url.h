// Request targets: percent-decoding, path segments, query. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace tinyrig::server {

struct Target {
  std::vector<std::string> path;  ///< decoded segments, without empty ones
  std::vector<std::pair<std::string, std::string>> query;
};

inline constexpr size_t kMaxTargetBytes = 8192;

/// INVALID_ARGUMENT: no leading slash, a bad %XX, a NUL, too long.
absl::StatusOr<Target> ParseTarget(std::string_view target);

/// INVALID_ARGUMENT: a % without two hex digits, or a NUL.
absl::StatusOr<std::string> PercentDecode(std::string_view text,
                                          bool plus_is_space);

}  // namespace tinyrig::server
