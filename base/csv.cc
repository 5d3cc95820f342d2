#include "base/csv.h"

#include <charconv>
#include <cmath>

namespace tinyrig::base {
namespace {

bool IsNumberOrPercentage(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);  // from_chars knows no plus
  }
  const char* end = text.data() + text.size();
  double number = 0;
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  const std::string_view unit(rest, static_cast<size_t>(end - rest));
  return error == std::errc() && std::isfinite(number) &&
         (unit.empty() || unit == " %");
}

bool IsFormula(std::string_view text) {
  return !text.empty() && text != "-" &&
         std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos &&
         !IsNumberOrPercentage(text);
}

}  // namespace

void AppendCsvCell(std::string_view text, std::string* out) {
  const bool quoted = text.find_first_of(",\"\r\n") != std::string_view::npos;
  *out += quoted ? "\"" : "";
  *out += IsFormula(text) ? "'" : "";
  for (const char c : text) {
    *out += c;
    if (c == '"') {
      *out += '"';
    }
  }
  *out += quoted ? "\"" : "";
}

}  // namespace tinyrig::base
