// A request and its answer as plain values: what routes see of HTTP. No Beast
// type leaves this folder's session, readers and writers.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "server/request/caller.h"

namespace tinyrig::server {

struct HttpRequest {
  std::string method;
  /// Path segments, percent-decoded; "/" has none.
  std::vector<std::string> path;
  std::vector<std::pair<std::string, std::string>> query;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  /// An uploaded body lies here instead (raw routes only).
  std::filesystem::path body_file;
  std::string body_sha256;  ///< of that file
  /// What the route's pattern took out of the path.
  std::map<std::string, std::string> variables;
  Caller caller;

  /// Empty when the header is absent. `name` in lower case.
  [[nodiscard]] std::string Header(const std::string& name) const {
    const auto it = headers.find(name);
    return it == headers.end() ? "" : it->second;
  }
};

/// Server-sent events instead of a body: ends when the source says so.
struct EventStream {
  std::string job_id;  ///< "j-12"; empty: the whole lab
};

/// Makes a body that is too large for memory, on a thread of its own. `sink`
/// waits while the client is behind; false: the client has gone, give up. An
/// error before the first bytes becomes an error answer.
using HttpProducer = std::function<absl::Status(
    const std::function<bool(std::string chunk)>& sink)>;

struct HttpReply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  /// When set, this file is the body.
  std::filesystem::path file;
  /// When set, it makes the body.
  HttpProducer producer;
  /// When set, the connection becomes a stream of events.
  std::optional<EventStream> events;
};

}  // namespace tinyrig::server
