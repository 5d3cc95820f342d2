#include "server/transfer/row_writer.h"

#include <array>
#include <charconv>
#include <cmath>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"

#include "base/check.h"
#include "base/csv.h"

namespace tinyrig::server {
namespace {

// Of a lead byte and what follows; 0: no UTF-8.
size_t Utf8Length(std::string_view text) {
  const auto at = [&](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned lead = at(0);
  if (lead < 0x80) {
    return 1;
  }
  const size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                        : lead >= 0xE0 && lead <= 0xEF ? 3
                        : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                       : 0;
  for (size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0) != 0x80) {
      return 0;
    }
  }
  // Overlong forms, surrogates, beyond U+10FFFF.
  const bool bad =
      (lead == 0xE0 && at(1) < 0xA0) || (lead == 0xED && at(1) > 0x9F) ||
      (lead == 0xF0 && at(1) < 0x90) || (lead == 0xF4 && at(1) > 0x8F);
  return bad ? 0 : length;
}

void AppendEscaped(char c, std::string* out) {
  switch (c) {
    case '"':
      *out += "\\\"";
      return;
    case '\\':
      *out += "\\\\";
      return;
    case '\n':
      *out += "\\n";
      return;
    case '\r':
      *out += "\\r";
      return;
    case '\t':
      *out += "\\t";
      return;
    default:
      break;
  }
  if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
    absl::StrAppendFormat(out, "\\u%04x", static_cast<unsigned char>(c));
  } else {
    *out += c;
  }
}

template <typename Number>
void AppendNumber(Number value, std::string* out) {
  std::array<char, 32> digits;
  const auto result =
      std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out->append(digits.data(), result.ptr);
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  *out += '"';
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    if (length == 1) {
      AppendEscaped(text[0], out);
    } else if (length == 0) {
      *out += "\xEF\xBF\xBD";
    } else {
      out->append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  *out += '"';
}

std::string Rfc3339(int64_t unix_us) {
  return absl::FormatTime("%E4Y-%m-%dT%H:%M:%E6SZ",
                          absl::FromUnixMicros(unix_us), absl::UTCTimeZone());
}

RowWriter::RowWriter(Format format, std::span<const std::string_view> columns)
    : json_(format == v1::ExportTableRequest::JSON_LINES) {
  for (const std::string_view column : columns) {
    std::string lead = leads_.empty() ? (json_ ? "{" : "") : ",";
    if (json_) {
      AppendJsonString(column, &lead);
      lead += ':';
    }
    leads_.push_back(lead);
    if (!json_) {
      buffer_ += leads_.back();
      buffer_ += column;
    }
  }
  if (!json_) {
    buffer_ += "\r\n";
    line_ = buffer_.size();
  }
}

void RowWriter::BeginCell() {
  TINYRIG_CHECK(column_ < leads_.size());
  buffer_ += leads_[column_++];
}

void RowWriter::Text(std::string_view text) {
  BeginCell();
  if (json_) {
    AppendJsonString(text, &buffer_);
  } else {
    base::AppendCsvCell(text, &buffer_);
  }
}

void RowWriter::Int(int64_t value) {
  BeginCell();
  AppendNumber(value, &buffer_);
}

void RowWriter::Real(double value) {
  if (!std::isfinite(value)) {
    Null();
    return;
  }
  BeginCell();
  AppendNumber(value, &buffer_);
}

void RowWriter::Bool(bool value) {
  BeginCell();
  buffer_ += value ? "true" : "false";
}

void RowWriter::Null() {
  BeginCell();
  if (json_) {
    buffer_ += "null";
  }
}

void RowWriter::Time(int64_t unix_us) {
  if (unix_us == 0) {
    Null();
  } else {
    Text(Rfc3339(unix_us));
  }
}

void RowWriter::EndRow() {
  TINYRIG_CHECK(column_ == leads_.size());
  buffer_ += json_ ? "}\n" : "\r\n";
  column_ = 0;
  last_line_ = line_;
  line_ = buffer_.size();
}

}  // namespace tinyrig::server
