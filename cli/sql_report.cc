#include "cli/sql_report.h"

#include <cmath>
#include <set>
#include <vector>

#include "base/sha256.h"
#include <fmt/format.h>

namespace tinyrig::cli {
namespace {

std::string HexOf(const std::string& bytes) {
  return base::Hex(
      {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

std::string CellOf(const v1::SqlValue& value) {
  switch (value.value_case()) {
    case v1::SqlValue::kInteger:
      return std::to_string(value.integer());
    case v1::SqlValue::kReal:
      return fmt::format("{}", value.real());
    case v1::SqlValue::kText:
      return value.text();
    case v1::SqlValue::kBlob:
      return HexOf(value.blob());
    default:
      return "";
  }
}

std::string JsonOf(const v1::SqlValue& value) {
  switch (value.value_case()) {
    case v1::SqlValue::kInteger:
      return std::to_string(value.integer());
    case v1::SqlValue::kReal:
      return std::isfinite(value.real()) ? fmt::format("{}", value.real())
                                         : "null";
    case v1::SqlValue::kText:
      return JsonText(value.text());
    case v1::SqlValue::kBlob:
      return JsonText(HexOf(value.blob()));
    default:
      return "null";
  }
}

std::vector<std::string> KeysOf(const v1::SqlResponse& response) {
  std::vector<std::string> keys;
  std::set<std::string> taken;
  for (const std::string& column : response.columns()) {
    std::string key = column;
    for (int n = 2; !taken.insert(key).second; ++n) {
      key = fmt::format("{}_{}", column, n);
    }
    keys.push_back(JsonText(key));
  }
  return keys;
}

std::vector<std::string> ObjectsOf(const v1::SqlResponse& response) {
  const std::vector<std::string> keys = KeysOf(response);
  std::vector<std::string> objects;
  for (const v1::SqlRow& row : response.rows()) {
    std::string object;
    for (int i = 0; i < row.values_size(); ++i) {
      object += object.empty() ? "{" : ",";
      object += keys[static_cast<size_t>(i)] + ":" + JsonOf(row.values(i));
    }
    objects.push_back(object + "}");
  }
  return objects;
}

// Figures stand to the right: a column without any text.
bool IsNumeric(const v1::SqlResponse& response, int column) {
  for (const v1::SqlRow& row : response.rows()) {
    const auto kind = row.values(column).value_case();
    if (kind == v1::SqlValue::kText || kind == v1::SqlValue::kBlob) {
      return false;
    }
  }
  return !response.rows().empty();
}

}  // namespace

std::string JsonText(std::string_view text) {
  std::string json = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      json += fmt::format("\\u{:04x}", byte);
    } else {
      json += c;
    }
  }
  return json + "\"";
}

Table SqlTable(const v1::SqlResponse& response) {
  std::vector<std::string> headers;
  for (int i = 0; i < response.columns_size(); ++i) {
    headers.push_back((IsNumeric(response, i) ? ">" : "") +
                      response.columns(i));
  }
  Table table(headers);
  for (const v1::SqlRow& row : response.rows()) {
    std::vector<std::string> cells;
    for (const v1::SqlValue& value : row.values()) {
      cells.push_back(CellOf(value));
    }
    table.Row(std::move(cells));
  }
  return table;
}

std::string SqlJsonLines(const v1::SqlResponse& response) {
  std::string text;
  for (const std::string& object : ObjectsOf(response)) {
    text += object + "\n";
  }
  return text;
}

std::string SqlJson(const v1::SqlResponse& response) {
  std::string text;
  for (const std::string& object : ObjectsOf(response)) {
    text += (text.empty() ? "[" : ",\n ") + object;
  }
  return (text.empty() ? "[" : text) + "]\n";
}

}  // namespace tinyrig::cli
