#include "server/http/export_request.h"

#include "absl/strings/ascii.h"

namespace tinyrig::server {

absl::StatusOr<v1::ExportTableRequest> ReadExportRequest(
    const HttpRequest& http) {
  v1::ExportTableRequest request;
  const std::string& table = http.variables.at("table");
  v1::ExportTableRequest::Table value{};
  if (!v1::ExportTableRequest::Table_Parse(absl::AsciiStrToUpper(table),
                                           &value) ||
      value == v1::ExportTableRequest::TABLE_UNSPECIFIED) {
    return absl::InvalidArgumentError(
        absl::StrCat("table \"", table.substr(0, 80),
                     "\": runs, layers, samples, predictions, jobs or records "
                     "is wanted"));
  }
  request.set_table(value);
  request.set_format(v1::ExportTableRequest::CSV);
  for (const auto& [name, text] : http.query) {
    if (name == "filter") {
      request.set_filter(text);
    } else if (name == "format" && text == "jsonl") {
      request.set_format(v1::ExportTableRequest::JSON_LINES);
    } else if (name != "format" || text != "csv") {
      return absl::InvalidArgumentError(
          absl::StrCat(name.substr(0, 80), "=", text.substr(0, 80),
                       ": format=csv, format=jsonl or filter=... is wanted"));
    }
  }
  return request;
}

void NameFile(const std::string& name, HttpReply& reply) {
  reply.headers.emplace_back("Content-Disposition",
                             "attachment; filename=\"tinyrig-" + name + "\"");
}

}  // namespace tinyrig::server
