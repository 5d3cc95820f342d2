#include "server/http/url.h"

namespace tinyrig::server {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Hands each piece between separators to `take` until it fails.
template <typename Take>
absl::Status Split(std::string_view text, char separator, const Take& take) {
  while (!text.empty()) {
    const size_t end = text.find(separator);
    RETURN_IF_ERROR(take(text.substr(0, end)));
    text = end == std::string_view::npos ? "" : text.substr(end + 1);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> PercentDecode(std::string_view text,
                                          bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexValue(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return absl::InvalidArgumentError(
            "the address has a % without two hex digits behind it");
      }
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (c == '\0') {
      return absl::InvalidArgumentError("the address has a NUL in it");
    }
    decoded += c;
  }
  return decoded;
}

absl::StatusOr<Target> ParseTarget(std::string_view target) {
  if (target.size() > kMaxTargetBytes || !target.starts_with('/')) {
    return absl::InvalidArgumentError(
        absl::StrCat("an address that begins with / and has at most ",
                     kMaxTargetBytes, " characters is wanted"));
  }
  Target parsed;
  const size_t question = target.find('?');
  RETURN_IF_ERROR(Split(target.substr(0, question), '/',
                        [&](std::string_view piece) -> absl::Status {
                          if (!piece.empty()) {
                            ASSIGN_OR_RETURN(std::string segment,
                                             PercentDecode(piece, false));
                            parsed.path.push_back(std::move(segment));
                          }
                          return absl::OkStatus();
                        }));
  if (question == std::string_view::npos) {
    return parsed;
  }
  RETURN_IF_ERROR(
      Split(target.substr(question + 1), '&',
            [&](std::string_view piece) -> absl::Status {
              if (piece.empty()) {
                return absl::OkStatus();
              }
              const size_t equals = piece.find('=');
              ASSIGN_OR_RETURN(std::string name,
                               PercentDecode(piece.substr(0, equals), true));
              ASSIGN_OR_RETURN(std::string value,
                               PercentDecode(equals == std::string_view::npos
                                                 ? ""
                                                 : piece.substr(equals + 1),
                                             true));
              parsed.query.emplace_back(std::move(name), std::move(value));
              return absl::OkStatus();
            }));
  return parsed;
}

}  // namespace tinyrig::server
