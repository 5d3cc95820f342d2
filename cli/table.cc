#include "cli/table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

namespace tinyrig::cli {
namespace {

// What a spreadsheet would run; a number with its sign is none ("+5.00 %"),
// nor is the dash that stands for nothing.
bool IsFormula(const std::string& text) {
  if (text.empty() || text == "-" ||
      std::string_view("=+-@\t\r").find(text[0]) == std::string_view::npos) {
    return false;
  }
  const char* begin = text.data() + (text[0] == '+' ? 1 : 0);
  const char* end = text.data() + text.size();
  double number = 0;
  const auto [rest, error] = std::from_chars(begin, end, number);
  const std::string_view unit(rest, static_cast<size_t>(end - rest));
  return error != std::errc() || !std::isfinite(number) ||
         (!unit.empty() && unit != " %");
}

std::string CsvCell(const std::string& given) {
  const std::string text = IsFormula(given) ? "'" + given : given;
  if (text.find_first_of(",\"\r\n") == std::string::npos) {
    return text;
  }
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c;
    if (c == '"') {
      quoted += '"';
    }
  }
  return quoted + "\"";
}

// Columns count code points, not bytes: names may be UTF-8.
size_t Width(const std::string& text) {
  return static_cast<size_t>(std::ranges::count_if(text, [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace

Table::Table(std::vector<std::string> headers) : headers_(std::move(headers)) {
  for (std::string& header : headers_) {
    right_.push_back(header.starts_with('>'));
    if (right_.back()) {
      header.erase(0, 1);
    }
  }
}

void Table::Row(std::vector<std::string> cells) {
  cells.resize(headers_.size());
  rows_.push_back(std::move(cells));
}

std::string Table::Text() const {
  std::vector<size_t> widths;
  for (size_t c = 0; c < headers_.size(); ++c) {
    size_t width = Width(headers_[c]);
    for (const auto& row : rows_) {
      width = std::max(width, Width(row[c]));
    }
    widths.push_back(width);
  }
  std::string text;
  const auto add = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (size_t c = 0; c < cells.size(); ++c) {
      const std::string fill(widths[c] - Width(cells[c]), ' ');
      line +=
          (c > 0 ? "  " : "") + (right_[c] ? fill + cells[c] : cells[c] + fill);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  };
  add(headers_);
  std::ranges::for_each(rows_, add);
  return text;
}

std::string Table::Csv() const {
  std::string text;
  const auto add = [&](const std::vector<std::string>& cells) {
    for (size_t c = 0; c < cells.size(); ++c) {
      text += (c > 0 ? "," : "") + CsvCell(cells[c]);
    }
    text += "\r\n";
  };
  add(headers_);
  std::ranges::for_each(rows_, add);
  return text;
}

}  // namespace tinyrig::cli
