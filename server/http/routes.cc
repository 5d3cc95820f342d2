#include <fstream>

#include "server/http/json.h"
#include "server/http/openapi.h"
#include "server/http/routes.h"
#include "server/http/static_files.h"

namespace tinyrig::server {
namespace {

constexpr size_t kChunkBytes = 256 << 10;
constexpr int kMaxFileNameBytes = 128;

// Path variables and query into the fields of the same name; a body first.
template <typename Request>
absl::StatusOr<Request> ReadRequest(const HttpRequest& http) {
  Request request;
  if (!http.body.empty()) {
    RETURN_IF_ERROR(FromJson(http.body, &request));
  }
  for (const auto& [name, value] : http.query) {
    if (http.variables.contains(name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("parameter \"", name, "\" stands in the path already"));
    }
    RETURN_IF_ERROR(SetField(name, value, &request));
  }
  for (const auto& [name, value] : http.variables) {
    RETURN_IF_ERROR(SetField(name, value, &request));
  }
  return request;
}

HttpReply JsonReply(const HttpRequest& http,
                    const google::protobuf::Message& message) {
  const auto json = ToJson(message);
  if (!json.ok()) {
    return ErrorReply(json.status());
  }
  HttpReply reply;
  reply.body = *json + "\n";
  reply.headers.emplace_back("Cache-Control", "no-cache");
  if (http.method != "POST") {
    const std::string etag = EtagOf(reply.body);
    reply.headers.emplace_back("ETag", "W/" + etag);
    if (EtagMatches(http.Header("if-none-match"), etag)) {
      reply.status = 304;
      reply.body.clear();
    }
  }
  return reply;
}

template <typename Api, typename Request, typename Response>
Route Unary(const char* method, const char* pattern, const char* summary,
            Api& api,
            absl::StatusOr<Response> (Api::*call)(const Caller&,
                                                  const Request&)) {
  Route route;
  route.method = method;
  route.pattern = pattern;
  route.summary = summary;
  route.request = Request::descriptor();
  route.response = Response::descriptor();
  route.handler = [&api, call](const HttpRequest& http) {
    const auto request = ReadRequest<Request>(http);
    if (!request.ok()) {
      return ErrorReply(request.status());
    }
    const auto response = (api.*call)(http.caller, *request);
    return response.ok() ? JsonReply(http, *response)
                         : ErrorReply(response.status());
  };
  return route;
}

HttpReply JobLog(LabApi& api, const HttpRequest& http) {
  v1::GetJobLogRequest request;
  request.set_id(http.variables.at("id"));
  HttpReply reply;
  reply.content_type = "application/x-ndjson";
  reply.headers.emplace_back("Cache-Control", "no-cache");
  absl::Status json_status;
  const absl::Status status = api.GetJobLog(
      http.caller, request, [] { return false; },
      [&](const v1::JobLogLine& line) {
        const auto json = ToJson(line);
        json_status = json.status();
        reply.body += json.ok() ? *json + "\n" : "";
        return json.ok();
      });
  const absl::Status& failed = json_status.ok() ? status : json_status;
  return failed.ok() ? reply : ErrorReply(failed);
}

// The bytes lie in a file already; now they get their name.
absl::StatusOr<v1::UploadBlobResponse> TakeUpload(LabApi& api,
                                                  const HttpRequest& http) {
  std::string sha256 = http.Header("x-sha256");
  const std::string& real = http.body_sha256;
  if (sha256.empty()) {
    sha256 = real;
  } else if (sha256 != real) {
    return absl::DataLossError(absl::StrCat(
        "the bytes hash to ", real, ", X-Sha256 says ", sha256.substr(0, 80)));
  }
  std::error_code error;
  v1::UploadBlobRequest first;
  first.set_sha256(sha256);
  first.set_size_bytes(
      static_cast<int64_t>(std::filesystem::file_size(http.body_file, error)));
  ASSIGN_OR_RETURN(const auto upload, api.BeginUpload(http.caller, first));
  std::ifstream file(http.body_file, std::ios::binary);
  std::string chunk(kChunkBytes, '\0');
  while (file && !upload->already_there()) {
    file.read(chunk.data(), static_cast<std::streamsize>(kChunkBytes));
    RETURN_IF_ERROR(
        upload->Append(chunk.substr(0, static_cast<size_t>(file.gcount()))));
  }
  return upload->Finish();
}

std::string SafeFileName(const std::string& wanted) {
  std::string name;
  for (const char c : wanted.substr(0, kMaxFileNameBytes)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c >= '0' && c <= '9') || c == '.' || c == '-' ||
                       c == '_';
    name += plain ? c : '_';
  }
  return name;
}

HttpReply SendBlob(LabApi& api, const HttpRequest& http) {
  const std::string& sha256 = http.variables.at("sha256");
  const auto path = api.FindBlob(http.caller, sha256);
  if (!path.ok()) {
    return ErrorReply(path.status());
  }
  std::string name = sha256;
  for (const auto& [key, value] : http.query) {
    if (key != "name") {
      return ErrorReply(absl::InvalidArgumentError(
          absl::StrCat("unknown parameter \"", key, "\"; known: name")));
    }
    name = SafeFileName(value);
  }
  HttpReply reply;
  reply.content_type = "application/octet-stream";
  const std::string etag = "\"" + sha256 + "\"";
  reply.headers = {
      {"ETag", etag},
      {"Cache-Control", "public, max-age=31536000, immutable"},
      {"Content-Disposition", "attachment; filename=\"" + name + "\""}};
  if (EtagMatches(http.Header("if-none-match"), etag)) {
    reply.status = 304;
  } else {
    reply.file = *path;
  }
  return reply;
}

HttpReply JobEvents(LabApi& api, const HttpRequest& http) {
  v1::GetJobRequest request;
  request.set_id(http.variables.at("id"));
  const auto job = api.GetJob(http.caller, request);
  if (!job.ok()) {
    return ErrorReply(job.status());
  }
  HttpReply reply;
  reply.events = EventStream{job->id()};
  return reply;
}

HttpReply LabEvents(LabApi& api, const HttpRequest& http) {
  const absl::Status allowed = api.CheckMay(http.caller, Scope::kRead);
  if (!allowed.ok()) {
    return ErrorReply(allowed);
  }
  HttpReply reply;
  reply.events = EventStream{};
  return reply;
}

Route Plain(const char* method, const char* pattern, const char* summary,
            const char* content_type, HttpHandler handler) {
  Route route;
  route.method = method;
  route.pattern = pattern;
  route.summary = summary;
  route.content_type = content_type;
  route.handler = std::move(handler);
  return route;
}

void AddJobRoutes(Router& router, LabApi& api) {
  router.Add(Unary("GET", "/api/v1/jobs", "Jobs, newest first", api,
                   &LabApi::ListJobs));
  router.Add(
      Unary("POST", "/api/v1/jobs", "Queue a job", api, &LabApi::CreateJob));
  router.Add(Unary("POST", "/api/v1/jobs/{id}:cancel", "Cancel a job", api,
                   &LabApi::CancelJob));
  router.Add(
      Unary("GET", "/api/v1/jobs/{id}", "One job", api, &LabApi::GetJob));
  router.Add(
      Plain("GET", "/api/v1/jobs/{id}/log",
            "Log so far, JSON lines of JobLogLine", "application/x-ndjson",
            [&api](const HttpRequest& http) { return JobLog(api, http); }));
  router.Add(Plain(
      "GET", "/api/v1/jobs/{id}/events",
      "The job after each change, until it has ended", "text/event-stream",
      [&api](const HttpRequest& http) { return JobEvents(api, http); }));
  router.Add(
      Plain("GET", "/api/v1/events",
            "All boards and open jobs, then each change", "text/event-stream",
            [&api](const HttpRequest& http) { return LabEvents(api, http); }));
}

void AddBlobRoutes(Router& router, LabApi& api) {
  Route upload = Plain("POST", "/api/v1/blobs", "Store bytes",
                       "application/json", [&api](const HttpRequest& http) {
                         const auto response = TakeUpload(api, http);
                         return response.ok() ? JsonReply(http, *response)
                                              : ErrorReply(response.status());
                       });
  upload.response = v1::UploadBlobResponse::descriptor();
  upload.raw_body = true;
  router.Add(std::move(upload));
  router.Add(Plain(
      "GET", "/api/v1/blobs/{sha256}", "The bytes", "application/octet-stream",
      [&api](const HttpRequest& http) { return SendBlob(api, http); }));
}

void AddSystemRoutes(Router& router, const HttpServices& services) {
  router.Add(Plain("GET", "/healthz", "ok, or 503 while shutting down",
                   "text/plain; charset=utf-8",
                   [is_stopping = services.is_stopping](const HttpRequest&) {
                     HttpReply reply;
                     reply.content_type = "text/plain; charset=utf-8";
                     reply.headers.emplace_back("Cache-Control", "no-store");
                     const bool stopping = is_stopping();
                     reply.status = stopping ? 503 : 200;
                     reply.body = stopping ? "stopping\n" : "ok\n";
                     return reply;
                   }));
  router.Add(Plain("GET", "/metrics", "Prometheus text",
                   "text/plain; version=0.0.4; charset=utf-8",
                   [&api = services.api, &queries = services.queries,
                    &metrics = services.metrics](const HttpRequest&) {
                     HttpReply reply;
                     reply.content_type =
                         "text/plain; version=0.0.4; charset=utf-8";
                     reply.headers.emplace_back("Cache-Control", "no-store");
                     reply.body = metrics.Page(api, queries);
                     return reply;
                   }));
  auto document = std::make_shared<std::string>();
  router.Add(
      Plain("GET", "/api/v1/openapi.json", "This document", "application/json",
            [document](const HttpRequest& http) {
              HttpReply reply;
              const std::string etag = EtagOf(*document);
              reply.headers = {{"ETag", etag}, {"Cache-Control", "no-cache"}};
              if (EtagMatches(http.Header("if-none-match"), etag)) {
                reply.status = 304;
              } else {
                reply.body = *document;
              }
              return reply;
            }));
  *document = OpenApi(router, services.version);
}

}  // namespace

Router LabRoutes(const HttpServices& services) {
  Router router;
  LabApi& api = services.api;
  QueryApi& queries = services.queries;
  router.Add(Unary("GET", "/api/v1/server", "Version and limits", api,
                   &LabApi::GetServerInfo));
  router.Add(Unary("GET", "/api/v1/overview", "Models x board kinds", queries,
                   &QueryApi::GetOverview));
  router.Add(Unary("GET", "/api/v1/trend", "One metric over time", queries,
                   &QueryApi::GetTrend));
  router.Add(Unary("GET", "/api/v1/boardHistory",
                   "Busy time and changes of state of boards", services.history,
                   &BoardHistoryApi::GetBoardHistory));
  router.Add(Unary("POST", "/api/v1/sql", "A read-only SELECT", queries,
                   &QueryApi::Sql));
  router.Add(Unary("GET", "/api/v1/boards", "Boards of all agents", api,
                   &LabApi::ListBoards));
  router.Add(Unary("GET", "/api/v1/boards/{name}", "One board", api,
                   &LabApi::GetBoard));
  AddJobRoutes(router, api);
  router.Add(Unary("GET", "/api/v1/runs", "Runs, newest first", api,
                   &LabApi::ListRuns));
  router.Add(Unary("GET", "/api/v1/runs/{id}",
                   "One run with samples, layers and plan", api,
                   &LabApi::GetRun));
  router.Add(Unary("GET", "/api/v1/runs/{run_id}/predictions",
                   "The board's answer to each sample", api,
                   &LabApi::ListPredictions));
  router.Add(Unary("GET", "/api/v1/datasets", "Datasets by name", api,
                   &LabApi::ListDatasets));
  router.Add(Unary("POST", "/api/v1/datasets", "Name an uploaded dataset", api,
                   &LabApi::CreateDataset));
  AddBlobRoutes(router, api);
  AddSystemRoutes(router, services);
  return router;
}

}  // namespace tinyrig::server
