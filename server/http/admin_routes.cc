// Data on its way out and in, and what the people who run the lab ask for.
#include <fstream>

#include "absl/strings/ascii.h"

#include "server/http/routes.h"
#include "server/http/unary.h"

namespace tinyrig::server {
namespace {

constexpr size_t kMaxRecordBytes = 64 << 20;

absl::StatusOr<v1::ExportTableRequest> TableRequest(const HttpRequest& http) {
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

HttpReply ExportTable(TransferApi& transfer, const HttpRequest& http) {
  const auto request = TableRequest(http);
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
  if (std::filesystem::file_size(http.body_file, error) > kMaxRecordBytes) {
    return ErrorReply(413, absl::ResourceExhaustedError(absl::StrCat(
                               "record: larger than the ", kMaxRecordBytes,
                               " bytes that are taken")));
  }
  std::ifstream file(http.body_file, std::ios::binary);
  const std::string json((std::istreambuf_iterator<char>(file)), {});
  const auto response = ImportOne(transfer, http.caller, json);
  return response.ok() ? JsonReply(http, *response)
                       : ErrorReply(response.status());
}

HttpReply Backup(AdminApi& admin, const HttpRequest& http) {
  const auto request = ReadRequest<v1::BackupRequest>(http);
  if (!request.ok()) {
    return ErrorReply(request.status());
  }
  return JsonLines([&admin, caller = http.caller,
                    request = *request](const MessageSink& sink) {
    return admin.Backup(caller, request, sink);
  });
}

Route Slow(Route route) {
  route.slow = true;
  return route;
}

void AddAdminRoutes(Router& router, AdminApi& admin,
                    const std::function<bool()>& stopping) {
  router.Add(Unary("AdminService.ListBaselines", "GET", "/api/v1/baselines",
                   "Runs that are kept by name", admin,
                   &AdminApi::ListBaselines));
  router.Add(Unary("AdminService.SetBaseline", "POST", "/api/v1/baselines",
                   "Mark a run as a baseline", admin, &AdminApi::SetBaseline));
  router.Add(Unary("AdminService.DeleteBaseline", "POST",
                   "/api/v1/baselines/{name}:delete", "Let a baseline go",
                   admin, &AdminApi::DeleteBaseline));
  router.Add(
      Slow(UnaryOf<v1::CollectGarbageRequest, v1::CollectGarbageResponse>(
          "AdminService.CollectGarbage", "POST", "/api/v1/admin/gc",
          "Delete what retention lets go",
          [&admin, stopping](const auto& caller, const auto& request) {
            return admin.CollectGarbage(caller, request, stopping);
          })));
  router.Add(
      Slow(UnaryOf<v1::CheckIntegrityRequest, v1::CheckIntegrityResponse>(
          "AdminService.CheckIntegrity", "POST", "/api/v1/admin/check",
          "Look at database, references and blobs",
          [&admin, stopping](const auto& caller, const auto& request) {
            return admin.CheckIntegrity(caller, request, stopping);
          })));
  Route backup = Plain(
      "AdminService.Backup", "POST", "/api/v1/admin/backup",
      "Copy everything; JSON lines of BackupProgress, the last has done = true",
      "application/x-ndjson",
      [&admin](const HttpRequest& http) { return Backup(admin, http); });
  backup.request = v1::BackupRequest::descriptor();
  backup.response = v1::BackupProgress::descriptor();
  router.Add(std::move(backup));
}

}  // namespace

void AddAdminRoutes(Router& router, const HttpServices& services) {
  AddAdminRoutes(router, services.admin, services.is_stopping);
  TransferApi& transfer = services.transfer;
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
