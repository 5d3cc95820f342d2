#include "server/http/request_plan.h"

#include "server/http/json.h"

namespace tinyrig::server {
namespace {

// Pages of other sites may not make a browser change anything here.
bool IsForeign(const HttpRequest& request) {
  const std::string origin = request.Header("origin");
  const size_t scheme = origin.find("://");
  return !origin.empty() &&
         (scheme == std::string::npos ||
          origin.substr(scheme + 3) != request.Header("host"));
}

HttpReply WrongMethod(const std::string& method, const std::string& allowed) {
  HttpReply reply =
      ErrorReply(405, absl::UnimplementedError(absl::StrCat(
                          method, ": ", allowed, " can be asked for here")));
  reply.headers.emplace_back("Allow", allowed);
  return reply;
}

HttpReply WrongHost(const HostRule& hosts, const std::string& host) {
  return ErrorReply(
      421, absl::PermissionDeniedError(absl::StrCat(
               "Host \"", host.substr(0, 80), "\" is not served here; ",
               hosts.List(),
               " are, and what tinyrig-server --http-host NAME allows")));
}

}  // namespace

RequestPlan PlanRequest(const RequestRules& rules, HttpRequest& request) {
  RequestPlan plan;
  const auto match = rules.router.Find(request.method, request.path);
  const bool is_api = !request.path.empty() && request.path[0] == "api";
  const bool is_health =
      request.path.size() == 1 && request.path[0] == "healthz";
  plan.route_name = match.route != nullptr ? match.route->pattern
                    : is_api               ? "unknown"
                                           : "static";
  if (!rules.hosts.Allows(request.Header("host"))) {
    plan.refusal = WrongHost(rules.hosts, request.Header("host"));
  } else if (rules.draining && !is_health) {
    plan.refusal =
        ErrorReply(absl::UnavailableError("the server is going away"));
  } else if (match.route != nullptr) {
    if (match.route->method == "POST" && IsForeign(request)) {
      plan.refusal = ErrorReply(
          absl::PermissionDeniedError("requests of other sites are not taken"));
      return plan;
    }
    request.variables = match.variables;
    plan.raw_body = match.route->raw_body;
    plan.slow = match.route->slow;
    plan.handler = match.route->handler;
  } else if (!match.allowed.empty()) {
    plan.refusal = WrongMethod(request.method, match.allowed);
  } else if (is_api) {
    plan.refusal = ErrorReply(absl::NotFoundError(
        "no such address; /api/v1/openapi.json lists those that are"));
  } else if (request.method != "GET" && request.method != "HEAD") {
    plan.refusal = WrongMethod(request.method, "GET");
  } else {
    plan.handler = [&files = rules.files](const HttpRequest& asked) {
      return files.Serve(asked);
    };
  }
  return plan;
}

}  // namespace tinyrig::server
