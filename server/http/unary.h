// Routes over handlers that take a message and give one.
#pragma once

#include <functional>
#include <string>

#include "server/http/json.h"
#include "server/http/router.h"

namespace tinyrig::server {

/// Path variables and query into the fields of the same name; a body first.
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

/// With an ETag, unless it answers a POST.
HttpReply JsonReply(const HttpRequest& http,
                    const google::protobuf::Message& message);

/// `rpc`: "LabService.ListJobs".
template <typename Request, typename Response>
Route UnaryOf(
    const char* rpc, const char* method, const char* pattern,
    const char* summary,
    std::function<absl::StatusOr<Response>(const Caller&, const Request&)>
        call) {
  Route route;
  route.rpc = rpc;
  route.method = method;
  route.pattern = pattern;
  route.summary = summary;
  route.request = Request::descriptor();
  route.response = Response::descriptor();
  route.handler = [call = std::move(call)](const HttpRequest& http) {
    const auto request = ReadRequest<Request>(http);
    if (!request.ok()) {
      return ErrorReply(request.status());
    }
    const auto response = call(http.caller, *request);
    return response.ok() ? JsonReply(http, *response)
                         : ErrorReply(response.status());
  };
  return route;
}

template <typename Api, typename Request, typename Response>
Route Unary(const char* rpc, const char* method, const char* pattern,
            const char* summary, Api& api,
            absl::StatusOr<Response> (Api::*call)(const Caller&,
                                                  const Request&)) {
  return UnaryOf<Request, Response>(
      rpc, method, pattern, summary,
      [&api, call](const Caller& caller, const Request& request) {
        return (api.*call)(caller, request);
      });
}

/// A route whose body or answer is no message.
Route Plain(const char* rpc, const char* method, const char* pattern,
            const char* summary, const char* content_type, HttpHandler handler);

/// The same route for a handler that may take minutes.
Route Slow(Route route);

/// JSON lines as they come: `make` hands each message to its sink, which is
/// false once the client has gone. An error after the first line is the last
/// line, as {"error": ...}, and breaks the connection off.
using MessageSink = std::function<bool(const google::protobuf::Message&)>;
HttpReply JsonLines(std::function<absl::Status(const MessageSink& sink)> make);

}  // namespace tinyrig::server
