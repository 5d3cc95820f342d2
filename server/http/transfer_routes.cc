// Tables and whole records out, records of other servers in.
#include <fstream>

#include "absl/strings/ascii.h"

#include "server/http/export_request.h"
#include "server/http/routes.h"
#include "server/http/unary.h"

namespace tinyrig::server {
namespace {

constexpr size_t kMaxRecordJsonBytes = 64 << 20;

HttpReply ExportTable(TransferApi& transfer, const HttpRequest& http) {
  const auto request = ReadExportRequest(http);
  if (!request.ok()) {
    return ErrorReply(request.status());
  }
  const bool csv = request->format() == v1::ExportTableRequest::CSV;
  HttpReply reply;
  reply.content_type = csv ? "text/csv; charset=utf-8" : "application/x-ndjson";
  reply.headers.emplace_back("Cache-Control", "no-store");
  NameFile(http.variables.at("table") + (csv ? ".csv" : ".jsonl"), reply);
  reply.producer = [&transfer, caller = http.caller, request = *request](
                       const std::function<bool(std::string)>& sink) {
    return transfer.ExportTable(caller, request, sink);
  };
  return reply;
}

HttpReply ExportRecords(TransferApi& transfer, const HttpRequest& http) {
  const auto request = ReadRequest<v1::ExportRecordsRequest>(http);
  if (!request.ok()) {
    return ErrorReply(request.status());
  }
  HttpReply reply = JsonLines([&transfer, caller = http.caller,
                               request = *request](const MessageSink& sink) {
    return transfer.ExportRecords(caller, request, sink);
  });
  NameFile("records.jsonl", reply);
  return reply;
}

absl::StatusOr<v1::ImportRecordResponse> ImportOne(TransferApi& transfer,
                                                   const Caller& caller,
                                                   const std::string& json) {
  v1::RunRecord record;
  RETURN_IF_ERROR(FromJson(json, &record));
  return transfer.ImportRecord(caller, record);
}

// Line by line: only one record is in memory.
absl::Status ImportLines(TransferApi& transfer, const Caller& caller,
                         const std::filesystem::path& path,
                         const MessageSink& sink) {
  std::ifstream file(path, std::ios::binary);
  std::string line;
  for (int64_t number = 1; std::getline(file, line); ++number) {
    if (absl::StripAsciiWhitespace(line).empty()) {
      continue;
    }
    const auto response = ImportOne(transfer, caller, line);
    if (!response.ok()) {
      return base::WithContext(response.status(),
                               absl::StrCat("line ", number));
    }
    if (!sink(*response)) {
      return absl::CancelledError("the client has gone");
    }
  }
  return absl::OkStatus();
}

HttpReply ImportRecords(TransferApi& transfer, const HttpRequest& http) {
  const std::string type = http.Header("content-type");
  if (type.starts_with("application/x-ndjson")) {
    return JsonLines([&transfer, caller = http.caller,
                      path = http.body_file](const MessageSink& sink) {
      return ImportLines(transfer, caller, path, sink);
    });
  }
  if (!type.starts_with("application/json")) {
    return ErrorReply(
        415, absl::InvalidArgumentError("Content-Type: application/json (one "
                                        "record) or application/x-ndjson (one "
                                        "a line) is wanted"));
  }
  std::error_code error;
  if (std::filesystem::file_size(http.body_file, error) > kMaxRecordJsonBytes) {
    return ErrorReply(413, absl::ResourceExhaustedError(absl::StrCat(
                               "record: larger than the ", kMaxRecordJsonBytes,
                               " bytes that are taken")));
  }
  std::ifstream file(http.body_file, std::ios::binary);
  const std::string json((std::istreambuf_iterator<char>(file)), {});
  const auto response = ImportOne(transfer, http.caller, json);
  return response.ok() ? JsonReply(http, *response)
                       : ErrorReply(response.status());
}

}  // namespace

void AddTransferRoutes(Router& router, TransferApi& transfer) {
  Route records =
      Plain("TransferService.ExportRecords", "GET", "/api/v1/export/records",
            "All that is stored of runs, JSON lines of RunRecord",
            "application/x-ndjson", [&transfer](const HttpRequest& http) {
              return ExportRecords(transfer, http);
            });
  records.request = v1::ExportRecordsRequest::descriptor();
  records.response = v1::RunRecord::descriptor();
  router.Add(std::move(records));
  Route table =
      Plain("TransferService.ExportTable", "GET", "/api/v1/export/{table}",
            "runs, layers, samples, predictions or jobs as CSV or JSON lines",
            "text/csv; charset=utf-8", [&transfer](const HttpRequest& http) {
              return ExportTable(transfer, http);
            });
  table.extra_query = {"format", "filter"};
  router.Add(std::move(table));
  Route import =
      Slow(Plain("TransferService.ImportRecord", "POST", "/api/v1/records",
                 "Store a run of another server; or many, as JSON lines",
                 "application/json", [&transfer](const HttpRequest& http) {
                   return ImportRecords(transfer, http);
                 }));
  import.request = v1::RunRecord::descriptor();
  import.response = v1::ImportRecordResponse::descriptor();
  import.raw_body = true;
  router.Add(std::move(import));
}

}  // namespace tinyrig::server
