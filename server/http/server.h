// One port for JSON, live events, metrics and the dashboard. One thread moves
// bytes and never waits; a small pool runs the handlers. No Beast type leaves
// this folder.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "server/http/metrics.h"
#include "server/http/router.h"
#include "server/http/static_files.h"
#include "server/query/lab_feed.h"

namespace tinyrig::server {

struct HttpOptions {
  std::string listen = "127.0.0.1:7078";
  std::filesystem::path web;    ///< the dashboard's files
  std::filesystem::path spool;  ///< uploads under way
  int64_t max_blob_bytes = 64LL << 20;
  int64_t max_json_bytes = 1 << 20;
  int max_header_bytes = 16 << 10;
  int max_connections = 512;
  int handler_threads = 4;
  /// Exports, imports and admin requests at once; more are answered 503.
  int long_threads = 4;
  /// Host headers to serve beside loopback's names (host_rule.h).
  std::vector<std::string> hosts;
  /// A request's header, or the next part of a body, must come within this.
  int read_timeout_ms = 10'000;
  int idle_timeout_ms = 60'000;  ///< between requests of a connection
  int write_timeout_ms = 30'000;
  int heartbeat_ms = 15'000;  ///< comments on a quiet event stream
  /// A listener this far behind is cut off; it dials again and starts anew.
  int64_t max_stream_bytes = 16 << 20;
};

/// Belongs to one thread; what it runs on others ends with Stop.
class HttpServer {
 public:
  /// INVALID_ARGUMENT: no such port. UNAVAILABLE: the address is taken or not
  /// ours. What is given must outlive the server.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(
      const HttpOptions& options, Router router, LabFeed& feed,
      HttpMetrics& metrics);
  virtual ~HttpServer() = default;

  /// host:port as it is.
  [[nodiscard]] virtual std::string address() const = 0;
  /// From now on only /healthz answers, with 503.
  virtual void Drain() = 0;
  /// Lets requests under way end, within `grace_ms`.
  virtual void Stop(int grace_ms) = 0;
};

}  // namespace tinyrig::server
