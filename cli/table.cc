#include "cli/table.h"

#include <algorithm>
#include <utility>

#include "base/csv.h"

namespace tinyrig::cli {
namespace {

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
      text += c > 0 ? "," : "";
      base::AppendCsvCell(cells[c], &text);
    }
    text += "\r\n";
  };
  add(headers_);
  std::ranges::for_each(rows_, add);
  return text;
}

}  // namespace tinyrig::cli
