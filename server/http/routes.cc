#include "server/http/routes.h"

#include "server/http/openapi.h"
#include "server/http/static_files.h"
#include "server/http/unary.h"

namespace tinyrig::server {
namespace {

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

HttpReply JobEvents(LabApi& api, const HttpRequest& http) {
  v1::GetJobRequest request;
  request.set_id(http.variables.at("id"));
  const auto job = api.GetJob(http.caller, request);
  if (!job.ok()) {
    return ErrorReply(job.status());
  }
  HttpReply reply;
  reply.content_type = "text/event-stream";
  reply.events = EventStream{job->id()};
  return reply;
}

HttpReply LabEvents(LabApi& api, const HttpRequest& http) {
  const absl::Status allowed = api.CheckMay(http.caller, Scope::kRead);
  if (!allowed.ok()) {
    return ErrorReply(allowed);
  }
  HttpReply reply;
  reply.content_type = "text/event-stream";
  reply.events = EventStream{};
  return reply;
}

void AddJobRoutes(Router& router, LabApi& api) {
  router.Add(Unary("LabService.ListJobs", "GET", "/api/v1/jobs",
                   "Jobs, newest first", api, &LabApi::ListJobs));
  router.Add(Unary("LabService.CreateJob", "POST", "/api/v1/jobs",
                   "Queue a job", api, &LabApi::CreateJob));
  router.Add(Unary("LabService.CancelJob", "POST", "/api/v1/jobs/{id}:cancel",
                   "Cancel a job", api, &LabApi::CancelJob));
  router.Add(Unary("LabService.GetJob", "GET", "/api/v1/jobs/{id}", "One job",
                   api, &LabApi::GetJob));
  router.Add(
      Plain("LabService.GetJobLog", "GET", "/api/v1/jobs/{id}/log",
            "Log so far, JSON lines of JobLogLine", "application/x-ndjson",
            [&api](const HttpRequest& http) { return JobLog(api, http); }));
  router.Add(Plain(
      "LabService.WatchJob", "GET", "/api/v1/jobs/{id}/events",
      "The job after each change, until it has ended", "text/event-stream",
      [&api](const HttpRequest& http) { return JobEvents(api, http); }));
  router.Add(
      Plain("QueryService.WatchLab", "GET", "/api/v1/events",
            "All boards and open jobs, then each change", "text/event-stream",
            [&api](const HttpRequest& http) { return LabEvents(api, http); }));
}

void AddSystemRoutes(Router& router, const HttpServices& services) {
  router.Add(Plain("", "GET", "/healthz", "ok, or 503 while shutting down",
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
  router.Add(Plain("", "GET", "/metrics", "Prometheus text",
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
      Plain("", "GET", "/api/v1/openapi.json", "This document",
            "application/json", [document](const HttpRequest& http) {
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
  router.Add(Unary("LabService.GetServerInfo", "GET", "/api/v1/server",
                   "Version and limits", api, &LabApi::GetServerInfo));
  router.Add(Unary("QueryService.GetOverview", "GET", "/api/v1/overview",
                   "Models x board kinds", queries, &QueryApi::GetOverview));
  router.Add(Unary("QueryService.GetTrend", "GET", "/api/v1/trend",
                   "One metric over time", queries, &QueryApi::GetTrend));
  router.Add(Unary("QueryService.GetBoardHistory", "GET",
                   "/api/v1/boardHistory",
                   "Busy time and changes of state of boards", services.history,
                   &BoardHistoryApi::GetBoardHistory));
  router.Add(Unary("QueryService.Sql", "POST", "/api/v1/sql",
                   "A read-only SELECT", queries, &QueryApi::Sql));
  router.Add(Unary("LabService.ListBoards", "GET", "/api/v1/boards",
                   "Boards of all agents", api, &LabApi::ListBoards));
  router.Add(Unary("LabService.GetBoard", "GET", "/api/v1/boards/{name}",
                   "One board", api, &LabApi::GetBoard));
  AddJobRoutes(router, api);
  router.Add(Unary("LabService.ListRuns", "GET", "/api/v1/runs",
                   "Runs, newest first", api, &LabApi::ListRuns));
  router.Add(Unary("LabService.GetRun", "GET", "/api/v1/runs/{id}",
                   "One run with samples, layers and plan", api,
                   &LabApi::GetRun));
  router.Add(Unary(
      "LabService.ListPredictions", "GET", "/api/v1/runs/{run_id}/predictions",
      "The board's answer to each sample", api, &LabApi::ListPredictions));
  router.Add(Unary("LabService.ListDatasets", "GET", "/api/v1/datasets",
                   "Datasets by name", api, &LabApi::ListDatasets));
  router.Add(Unary("LabService.CreateDataset", "POST", "/api/v1/datasets",
                   "Name an uploaded dataset", api, &LabApi::CreateDataset));
  AddBlobRoutes(router, api);
  AddAdminRoutes(router, services);
  AddTransferRoutes(router, services.transfer);
  AddSystemRoutes(router, services);
  return router;
}

}  // namespace tinyrig::server
