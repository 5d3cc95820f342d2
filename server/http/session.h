// One connection: requests one after the other, on the I/O thread; handlers
// run on the pool.
#pragma once

#include <atomic>
#include <memory>
#include <set>

#include "server/http/asio.h"
#include "server/http/server.h"

namespace tinyrig::server {

/// What all connections share; all but `draining` is the I/O thread's alone.
struct HttpShared {
  HttpShared(const HttpOptions& given, Router routes, LabFeed& lab_feed,
             HttpMetrics& counted)
      : options(given),
        router(std::move(routes)),
        files(given.web),
        feed(lab_feed),
        metrics(counted),
        pool(static_cast<size_t>(given.handler_threads)) {}

  HttpOptions options;
  Router router;
  StaticFiles files;
  LabFeed& feed;
  HttpMetrics& metrics;
  net::thread_pool pool;
  std::atomic<bool> draining{false};
  /// Connections by their streams: closed when the server stops.
  std::set<beast::tcp_stream*> connections;
  std::set<beast::tcp_stream*> busy;  ///< with a request under way
  uint64_t next_upload = 1;
};

/// Serves one connection until it closes.
net::awaitable<void> ServeConnection(std::shared_ptr<HttpShared> shared,
                                     Tcp::socket socket);

/// Sends events until the source ends or the client goes.
net::awaitable<void> SendEvents(HttpShared& shared,
                                std::shared_ptr<beast::tcp_stream> stream,
                                int64_t job_id);

/// Headers that every answer has.
template <bool isRequest, typename Fields>
void SetCommonHeaders(http::header<isRequest, Fields>& header) {
  header.set(http::field::server, "tinyrig");
  header.set("X-Content-Type-Options", "nosniff");
  header.set("Referrer-Policy", "no-referrer");
  header.set("Cross-Origin-Resource-Policy", "same-origin");
  header.set("Content-Security-Policy",
             "default-src 'none'; script-src 'self'; style-src 'self'; "
             "img-src 'self'; font-src 'self'; connect-src 'self'; base-uri "
             "'none'; form-action 'self'; frame-ancestors 'none'");
}

}  // namespace tinyrig::server
