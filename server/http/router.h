// Which handler answers a method and path. The same table makes openapi.json.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/descriptor.h>

#include "server/http/message.h"

namespace tinyrig::server {

/// May block for as long as a query takes; runs on the handler pool, or with
/// few others on the pool for what takes long (Route::slow).
using HttpHandler = std::function<HttpReply(const HttpRequest&)>;

struct Route {
  std::string method;
  /// "/api/v1/jobs/{id}:cancel"; a variable is one segment.
  std::string pattern;
  std::string summary;
  /// "LabService.ListJobs": which rpc this is; empty: none.
  std::string rpc;
  HttpHandler handler;
  /// nullptr where body or answer is no message.
  const google::protobuf::Descriptor* request = nullptr;
  const google::protobuf::Descriptor* response = nullptr;
  /// Of an answer that is no message.
  std::string content_type = "application/json";
  /// Query parameters that are no fields of `request`.
  std::vector<std::string> extra_query;
  bool raw_body = false;  ///< an upload: goes to a file, not to memory
  bool slow = false;      ///< the handler may take minutes
};

/// Filled by one thread, then read by all.
class Router {
 public:
  void Add(Route route);
  [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

  struct Match {
    const Route* route = nullptr;  ///< nullptr: no such path or method
    std::string allowed;           ///< methods of the path, "GET, POST"
    std::map<std::string, std::string> variables;
  };
  /// HEAD finds the route of GET.
  [[nodiscard]] Match Find(std::string_view method,
                           const std::vector<std::string>& path) const;

 private:
  std::vector<Route> routes_;
};

}  // namespace tinyrig::server
