// What all connections share, and the life of one.
#pragma once

#include <atomic>
#include <memory>
#include <set>

#include "server/http/asio.h"
#include "server/http/event_encoder.h"
#include "server/http/host_rule.h"
#include "server/http/server.h"

namespace tinyrig::server {

/// All but `draining` and `encoder` is the I/O thread's alone.
struct HttpShared {
  HttpShared(const HttpOptions& given, Router routes, LabFeed& lab_feed,
             HttpMetrics& counted)
      : options(given),
        router(std::move(routes)),
        files(given.web),
        feed(lab_feed),
        metrics(counted),
        pool(static_cast<size_t>(given.handler_threads)),
        long_pool(static_cast<size_t>(given.long_threads)) {}

  HttpOptions options;
  HostRule hosts;
  Router router;
  StaticFiles files;
  LabFeed& feed;
  /// The feed's thread uses it, for every stream of events.
  std::shared_ptr<EventEncoder> encoder = std::make_shared<EventEncoder>();
  HttpMetrics& metrics;
  net::thread_pool pool;
  /// For what may take minutes: it may not hold up the rest.
  net::thread_pool long_pool;
  int long_running = 0;  ///< at most options.long_threads
  std::atomic<bool> draining{false};
  /// Connections by their streams: closed when the server stops.
  std::set<beast::tcp_stream*> connections;
  std::set<beast::tcp_stream*> busy;  ///< with a request under way
  uint64_t next_upload = 1;
};

/// Serves one connection until it closes.
net::awaitable<void> ServeConnection(std::shared_ptr<HttpShared> shared,
                                     Tcp::socket socket);

}  // namespace tinyrig::server
