#include "server/http/unary.h"

#include "server/http/static_files.h"

namespace tinyrig::server {

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

Route Plain(const char* rpc, const char* method, const char* pattern,
            const char* summary, const char* content_type,
            HttpHandler handler) {
  Route route;
  route.rpc = rpc;
  route.method = method;
  route.pattern = pattern;
  route.summary = summary;
  route.content_type = content_type;
  route.handler = std::move(handler);
  return route;
}

Route Slow(Route route) {
  route.slow = true;
  return route;
}

HttpReply JsonLines(std::function<absl::Status(const MessageSink& sink)> make) {
  HttpReply reply;
  reply.content_type = "application/x-ndjson";
  reply.headers.emplace_back("Cache-Control", "no-store");
  reply.producer = [make = std::move(make)](
                       const std::function<bool(std::string)>& sink) {
    absl::Status json_status;
    bool began = false;
    absl::Status status = make([&](const google::protobuf::Message& message) {
      const auto json = ToJson(message);
      json_status = json.status();
      began = began || json.ok();
      return json.ok() && sink(*json + "\n");
    });
    status.Update(json_status);
    if (!status.ok() && began) {
      sink(ErrorReply(status).body);
    }
    return status;
  };
  return reply;
}

}  // namespace tinyrig::server
