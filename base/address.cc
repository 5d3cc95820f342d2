#include "base/address.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"

namespace tinyrig::base {
namespace {

constexpr int kMaxPort = 65535;
constexpr size_t kMaxQuotedBytes = 80;

}  // namespace

absl::StatusOr<HostPort> ParseHostPort(std::string_view text) {
  const std::string quoted(text.substr(0, kMaxQuotedBytes));
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat(quoted, ": no port; HOST:PORT is wanted"));
  }
  const std::string digits(text.substr(colon + 1));
  HostPort parsed{.host = std::string(text.substr(0, colon))};
  // SimpleAtoi alone would take a sign and blanks.
  const bool is_number =
      !digits.empty() && std::ranges::all_of(digits, [](char c) {
        return absl::ascii_isdigit(static_cast<unsigned char>(c));
      });
  if (!is_number || !absl::SimpleAtoi(digits, &parsed.port) ||
      parsed.port > kMaxPort) {
    return absl::InvalidArgumentError(
        absl::StrCat(quoted, ": port \"", digits.substr(0, kMaxQuotedBytes),
                     "\", a number of 0..", kMaxPort, " is wanted"));
  }
  return parsed;
}

}  // namespace tinyrig::base
