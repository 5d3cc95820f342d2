// Rows of a table as CSV (RFC 4180) or as JSON lines, one cell after the
// other, into a buffer. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tinyrig/v1/transfer_service.pb.h"

namespace tinyrig::server {

/// One thread at a time.
class RowWriter {
 public:
  using Format = v1::ExportTableRequest::Format;

  /// `columns`: plain words, outliving this. CSV begins with its header line.
  RowWriter(Format format, std::span<const std::string_view> columns);

  // One call a cell, in the order of the columns.
  /// In CSV by the rules of base/csv.h.
  void Text(std::string_view text);
  void Int(int64_t value);
  /// Shortest text that reads back as the same number; NaN and infinities are
  /// null.
  void Real(double value);
  void Bool(bool value);
  /// Empty in CSV.
  void Null();
  /// RFC 3339 in UTC with microseconds; null for 0.
  void Time(int64_t unix_us);
  /// After as many cells as there are columns.
  void EndRow();

  [[nodiscard]] const std::string& buffer() const { return buffer_; }
  /// Where the last line of the buffer begins.
  [[nodiscard]] size_t last_line() const { return last_line_; }
  void Clear() {
    buffer_.clear();
    last_line_ = line_ = 0;
  }

 private:
  void BeginCell();

  bool json_;
  std::vector<std::string> leads_;  ///< what stands before each cell
  size_t column_ = 0;
  std::string buffer_;
  size_t last_line_ = 0, line_ = 0;
};

/// A text as JSON with its quotes; bytes that are no UTF-8 become U+FFFD.
void AppendJsonString(std::string_view text, std::string* out);

/// "2026-11-22T10:00:00.000250Z".
std::string Rfc3339(int64_t unix_us);

}  // namespace tinyrig::server
