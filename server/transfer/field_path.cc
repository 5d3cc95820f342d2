#include "server/transfer/field_path.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace tinyrig::server {
namespace {

constexpr size_t kShownBytes = 80;
constexpr double kMaxAmount = 1e12;
constexpr double kRounding = 1e-9;

}  // namespace

std::string FieldPath::Text() const {
  std::string text(list);
  if (index >= 0) {
    absl::StrAppend(&text, "[", index, "]");
  }
  if (!field.empty()) {
    text += text.empty() ? "" : ".";
    text += field;
  }
  return text;
}

std::string Quoted(std::string_view got) {
  std::string text(got.substr(0, kShownBytes));
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    c = byte < 0x20 || byte >= 0x7F ? '?' : c;
  }
  return absl::StrCat("\"", text, got.size() > kShownBytes ? "...\"" : "\"");
}

absl::Status Wrong(const FieldPath& path, std::string_view got,
                   std::string_view wanted) {
  return absl::InvalidArgumentError(
      absl::StrCat(path.Text(), ": ", std::string(got), ", ",
                   std::string(wanted), " is wanted"));
}

absl::Status CheckRange(const FieldPath& path, int64_t got, int64_t low,
                        int64_t high) {
  return got >= low && got <= high
             ? absl::OkStatus()
             : Wrong(path, absl::StrCat(got), absl::StrCat(low, "..", high));
}

absl::Status CheckAmount(const FieldPath& path, double got) {
  return got >= 0 && got <= kMaxAmount  // NaN is neither
             ? absl::OkStatus()
             : Wrong(path, absl::StrCat(got), "a number of 0..1e12");
}

absl::Status CheckClose(const FieldPath& path, double got, double wanted) {
  const double room = kRounding * std::max(1.0, std::abs(wanted));
  return std::abs(got - wanted) <= room
             ? absl::OkStatus()
             : Wrong(path, absl::StrCat(got), absl::StrCat(wanted));
}

absl::Status CheckSame(const FieldPath& path, int64_t got, int64_t wanted) {
  return got == wanted ? absl::OkStatus()
                       : Wrong(path, absl::StrCat(got), absl::StrCat(wanted));
}

absl::Status CheckSame(const FieldPath& path, std::string_view got,
                       std::string_view wanted) {
  return got == wanted ? absl::OkStatus()
                       : Wrong(path, Quoted(got), Quoted(wanted));
}

absl::Status CheckText(const FieldPath& path, std::string_view got,
                       size_t max_bytes) {
  if (got.size() > max_bytes) {
    return Wrong(path, absl::StrCat(got.size(), " bytes of text"),
                 absl::StrCat("at most ", max_bytes));
  }
  return std::ranges::any_of(got,
                             [](char c) {
                               return static_cast<unsigned char>(c) < 0x20 ||
                                      c == 0x7F;
                             })
             ? Wrong(path, Quoted(got), "text without control characters")
             : absl::OkStatus();
}

absl::Status CheckHex(const FieldPath& path, std::string_view got,
                      size_t digits) {
  return got.size() == digits && got.find_first_not_of("0123456789abcdef") ==
                                     std::string_view::npos
             ? absl::OkStatus()
             : Wrong(path, Quoted(got),
                     absl::StrCat(digits, " lower-case hex digits"));
}

}  // namespace tinyrig::server
