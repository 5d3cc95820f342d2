#include "server/http/server.h"

#include <future>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>

#include "base/address.h"
#include "base/log.h"
#include "server/http/session.h"

namespace tinyrig::server {
namespace {

using std::chrono::milliseconds;

constexpr char kBusy[] =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"
    "Retry-After: 1\r\nConnection: close\r\n\r\n";

absl::Status CannotListen(const std::string& listen, std::string_view why) {
  return absl::UnavailableError(
      absl::StrCat("cannot serve HTTP on ", listen, ": ", std::string(why),
                   "; choose another with --http HOST:PORT or --http off"));
}

class BeastServer : public HttpServer {
 public:
  BeastServer(const HttpOptions& options, Router router, LabFeed& feed,
              HttpMetrics& metrics)
      : shared_(std::make_shared<HttpShared>(options, std::move(router), feed,
                                             metrics)),
        acceptor_(io_),
        pause_(io_) {}
  ~BeastServer() override { Stop(0); }

  absl::Status Listen() {
    const std::string& listen = shared_->options.listen;
    ASSIGN_OR_RETURN(const base::HostPort wanted, base::ParseHostPort(listen));
    std::string host = wanted.host;
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
      host = host.substr(1, host.size() - 2);
    }
    beast::error_code error;
    Tcp::resolver resolver(io_);
    const auto found =
        resolver.resolve(host, std::to_string(wanted.port), error);
    if (error || found.empty()) {
      return CannotListen(listen, error.message());
    }
    const Tcp::endpoint endpoint = found.begin()->endpoint();
    shared_->hosts = HostRule::For(endpoint.address().is_loopback(),
                                   wanted.host, shared_->options.hosts);
    acceptor_.open(endpoint.protocol(), error);
    acceptor_.set_option(net::socket_base::reuse_address(true), error);
    acceptor_.bind(endpoint, error);
    if (error) {
      return CannotListen(listen, error.message());
    }
    acceptor_.listen(net::socket_base::max_listen_connections, error);
    if (error) {
      return CannotListen(listen, error.message());
    }
    address_ =
        absl::StrCat(wanted.host, ":", acceptor_.local_endpoint(error).port());
    net::co_spawn(io_, Accept(), net::detached);
    thread_ = std::thread([this] { io_.run(); });
    return absl::OkStatus();
  }

  [[nodiscard]] std::string address() const override { return address_; }
  void Drain() override { shared_->draining = true; }

  void Stop(int grace_ms) override {
    if (!thread_.joinable()) {
      return;
    }
    shared_->draining = true;
    net::post(io_, [this] {
      beast::error_code ignored;
      acceptor_.close(ignored);
      for (beast::tcp_stream* stream : shared_->connections) {
        if (!shared_->busy.contains(stream)) {
          stream->cancel();
          stream->socket().close(ignored);
        }
      }
    });
    const auto deadline =
        std::chrono::steady_clock::now() + milliseconds(grace_ms);
    while (std::chrono::steady_clock::now() < deadline && OpenCount() > 0) {
      std::this_thread::sleep_for(milliseconds(5));
    }
    net::post(io_, [this] {
      for (beast::tcp_stream* stream : shared_->connections) {
        beast::error_code ignored;
        stream->cancel();
        stream->socket().close(ignored);
      }
    });
    // Handlers under way may not outlive what they use.
    shared_->pool.join();
    shared_->long_pool.join();
    for (int i = 0; i < 100 && OpenCount() > 0; ++i) {
      std::this_thread::sleep_for(milliseconds(5));
    }
    io_.stop();
    thread_.join();
  }

 private:
  size_t OpenCount() {
    std::promise<size_t> count;
    net::post(io_, [&] { count.set_value(shared_->connections.size()); });
    return count.get_future().get();
  }

  net::awaitable<void> Accept() {
    while (acceptor_.is_open()) {
      Tcp::socket socket(io_);
      beast::error_code error;
      co_await acceptor_.async_accept(socket, Into(error));
      if (error == net::error::operation_aborted) {
        break;
      }
      if (error) {  // out of file descriptors, say: they come back
        LOG_WARNING("http", "accept: {}", error.message());
        pause_.expires_after(milliseconds(100));
        co_await pause_.async_wait(Into(error));
        continue;
      }
      if (shared_->connections.size() >=
          static_cast<size_t>(shared_->options.max_connections)) {
        // Into the empty send buffer of a new socket: does not wait.
        socket.non_blocking(true, error);
        socket.write_some(net::buffer(kBusy, sizeof kBusy - 1), error);
        continue;
      }
      socket.set_option(Tcp::no_delay(true), error);
      net::co_spawn(io_, ServeConnection(shared_, std::move(socket)),
                    net::detached);
    }
  }

  net::io_context io_{1};
  // Stop() asks the I/O thread how many are left: it may not end before.
  net::executor_work_guard<net::io_context::executor_type> work_{
      io_.get_executor()};
  std::shared_ptr<HttpShared> shared_;
  Tcp::acceptor acceptor_;
  net::steady_timer pause_;
  std::thread thread_;
  std::string address_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(
    const HttpOptions& options, Router router, LabFeed& feed,
    HttpMetrics& metrics) {
  auto server =
      std::make_unique<BeastServer>(options, std::move(router), feed, metrics);
  RETURN_IF_ERROR(server->Listen());
  return server;
}

}  // namespace tinyrig::server
