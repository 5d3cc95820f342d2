// Where in a message something is wrong; text is made only when it is.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace tinyrig::server {

/// "run.layers[3].cycles": list, index (none below 0), field (may be empty).
struct FieldPath {
  std::string_view list;
  int64_t index = -1;
  std::string_view field = "";

  [[nodiscard]] std::string Text() const;
};

/// `got` shortened and made printable, in quotes.
std::string Quoted(std::string_view got);

/// INVALID_ARGUMENT "path: got, wanted is wanted".
absl::Status Wrong(const FieldPath& path, std::string_view got,
                   std::string_view wanted);

absl::Status CheckRange(const FieldPath& path, int64_t got, int64_t low,
                        int64_t high);
/// Finite, 0..1e12.
absl::Status CheckAmount(const FieldPath& path, double got);
/// Within a rounding of each other.
absl::Status CheckClose(const FieldPath& path, double got, double wanted);
absl::Status CheckSame(const FieldPath& path, int64_t got, int64_t wanted);
absl::Status CheckSame(const FieldPath& path, std::string_view got,
                       std::string_view wanted);
/// At most so many bytes, no control characters.
absl::Status CheckText(const FieldPath& path, std::string_view got,
                       size_t max_bytes);
/// So many lower-case hex digits.
absl::Status CheckHex(const FieldPath& path, std::string_view got,
                      size_t digits);

}  // namespace tinyrig::server
