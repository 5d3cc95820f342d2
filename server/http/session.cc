// One connection: requests one after the other, on the I/O thread; handlers
// run on the pools.
#include "server/http/session.h"

#include <limits>

#include "absl/strings/ascii.h"

#include "server/http/gzip.h"
#include "server/http/json.h"
#include "server/http/reply_gzip.h"
#include "server/http/request_plan.h"
#include "server/http/url.h"
#include "server/http/wire.h"
#include "server/request/resource_ids.h"

namespace tinyrig::server {
namespace {

using Clock = std::chrono::steady_clock;

class Connection {
 public:
  Connection(std::shared_ptr<HttpShared> shared, Tcp::socket socket)
      : wire_{std::move(shared),
              std::make_shared<beast::tcp_stream>(std::move(socket))} {
    beast::error_code error;
    const auto peer = wire_.stream->socket().remote_endpoint(error);
    caller_.peer = error ? "http:unknown"
                         : absl::StrCat("http:", peer.address().to_string(),
                                        ":", peer.port());
    all().connections.insert(wire_.stream.get());
    all().metrics.AddConnections(1);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    all().busy.erase(wire_.stream.get());
    all().connections.erase(wire_.stream.get());
    all().metrics.AddConnections(-1);
  }

  net::awaitable<void> Run();

 private:
  // False: the connection is over.
  net::awaitable<bool> WaitForRequest();
  net::awaitable<bool> OneRequest();
  net::awaitable<bool> RefuseHeader(beast::error_code error);
  net::awaitable<bool> Handle(HeaderParser& parser, Target target);
  HttpRequest RequestOf(const HeaderParser& parser, Target target) const;
  net::awaitable<HttpReply> CallHandler(RequestPlan plan, HttpRequest request);

  HttpShared& all() { return *wire_.shared; }

  Wire wire_;
  Caller caller_;
  bool first_ = true;
};

HttpReply TooMany(int limit) {
  HttpReply reply = ErrorReply(absl::UnavailableError(absl::StrCat(
      limit,
      " exports, imports or admin requests are under way, no more are taken at "
      "once; try again when one has ended")));
  reply.headers.emplace_back("Retry-After", "5");
  return reply;
}

HttpReply CallAndPack(const HttpHandler& handler, const HttpRequest& request) {
  HttpReply reply = handler(request);
  PackReply(request.Header("accept-encoding"), reply);
  return reply;
}

net::awaitable<void> Connection::Run() {
  bool more = true;
  while (more) {
    more = co_await WaitForRequest();
    if (more) {
      more = co_await OneRequest();
      all().busy.erase(wire_.stream.get());
    }
  }
  beast::error_code ignored;
  wire_.stream->socket().close(ignored);
}

net::awaitable<bool> Connection::WaitForRequest() {
  if (wire_.buffer.size() > 0) {
    co_return true;
  }
  wire_.SetTimeout(first_ ? all().options.read_timeout_ms
                          : all().options.idle_timeout_ms);
  beast::error_code error;
  const size_t got = co_await wire_.stream->async_read_some(
      wire_.buffer.prepare(4096), Into(error));
  wire_.buffer.commit(got);
  co_return !error;
}

net::awaitable<bool> Connection::OneRequest() {
  first_ = false;
  all().busy.insert(wire_.stream.get());
  HeaderParser parser;
  parser.header_limit(static_cast<uint32_t>(all().options.max_header_bytes));
  // Each route has its own; "none" is refused by Beast 1.74 as too small.
  parser.body_limit(std::numeric_limits<uint64_t>::max());
  wire_.SetTimeout(all().options.read_timeout_ms);
  beast::error_code error;
  co_await http::async_read_header(*wire_.stream, wire_.buffer, parser,
                                   Into(error));
  if (error) {
    co_return co_await RefuseHeader(error);
  }
  auto target =
      ParseTarget({parser.get().target().data(), parser.get().target().size()});
  if (!target.ok()) {
    HttpReply refusal = ErrorReply(target.status());
    co_await RefuseAndClose(wire_, std::move(refusal));
    co_return false;
  }
  Target parsed = *std::move(target);
  co_return co_await Handle(parser, std::move(parsed));
}

// Always false.
net::awaitable<bool> Connection::RefuseHeader(beast::error_code error) {
  HttpReply refusal;
  refusal.status = 0;  // the client has gone
  if (error == http::error::header_limit ||
      error == http::error::buffer_overflow) {
    refusal =
        ErrorReply(431, absl::InvalidArgumentError(absl::StrCat(
                            "header: at most ", all().options.max_header_bytes,
                            " bytes are taken")));
  } else if (error.category() ==
                 http::make_error_code(http::error::bad_method).category() &&
             error != http::error::end_of_stream &&
             error != http::error::partial_message) {
    refusal = ErrorReply(
        400, absl::InvalidArgumentError("not HTTP: " + error.message()));
  }
  if (refusal.status != 0) {
    co_await RefuseAndClose(wire_, std::move(refusal));
  }
  co_return false;
}

HttpRequest Connection::RequestOf(const HeaderParser& parser,
                                  Target target) const {
  HttpRequest request;
  request.method = std::string(parser.get().method_string());
  request.path = std::move(target.path);
  request.query = std::move(target.query);
  request.caller = caller_;
  for (const auto& field : parser.get()) {
    request.headers[absl::AsciiStrToLower(absl::string_view(
        field.name_string().data(), field.name_string().size()))] =
        std::string(field.value());
  }
  return request;
}

net::awaitable<bool> Connection::Handle(HeaderParser& parser, Target target) {
  HttpRequest request = RequestOf(parser, std::move(target));
  // Asked now: the parser is moved from when there is a body.
  const bool wants_more = parser.get().keep_alive();
  StreamForm form{.head_only = request.method == "HEAD",
                  .chunked = parser.get().version() >= 11,
                  .gzip = AcceptsGzip(request.Header("accept-encoding"))};
  const RequestRules rules{all().router, all().hosts, all().files,
                           all().draining};
  RequestPlan plan = PlanRequest(rules, request);
  const std::string route_name = plan.route_name;
  HttpReply reply = plan.refusal;
  Spool spool;
  bool whole = plan.handler != nullptr;  // the request is read to its end
  if (whole && plan.raw_body) {
    whole = co_await ReadUpload(wire_, parser, request, spool, reply);
  } else if (whole) {
    whole = co_await ReadJson(wire_, parser, request, reply);
  }
  const auto start = Clock::now();
  if (whole) {
    reply = co_await CallHandler(std::move(plan), std::move(request));
    if (reply.producer && all().long_running >= all().options.long_threads) {
      reply = TooMany(all().options.long_threads);
    }
  }
  all().metrics.AddHttp(
      route_name, reply.status,
      std::chrono::duration<double>(Clock::now() - start).count());
  if (!whole) {
    if (reply.status != 0) {
      co_await RefuseAndClose(wire_, std::move(reply));
    }
    co_return false;
  }
  form.keep_alive = wants_more && !all().draining;
  if (reply.events.has_value() && !form.head_only) {
    const int64_t job_id = reply.events->job_id.empty()
                               ? 0
                               : ParseJobId(reply.events->job_id).value_or(-1);
    co_await SendEvents(wire_, job_id);
    co_return false;
  }
  if (reply.producer) {
    co_return co_await SendStream(wire_, std::move(reply), form);
  }
  co_return co_await SendReply(wire_, std::move(reply), form.head_only,
                               form.keep_alive);
}

net::awaitable<HttpReply> Connection::CallHandler(RequestPlan plan,
                                                  HttpRequest request) {
  if (plan.slow && all().long_running >= all().options.long_threads) {
    co_return TooMany(all().options.long_threads);
  }
  const bool is_slow = plan.slow;
  std::function<HttpReply()> call = [handler = std::move(plan.handler),
                                     request = std::move(request)] {
    return CallAndPack(handler, request);
  };
  all().long_running += is_slow ? 1 : 0;
  net::thread_pool& pool = is_slow ? all().long_pool : all().pool;
  HttpReply reply = co_await OnPool(pool, std::move(call));
  all().long_running -= is_slow ? 1 : 0;
  co_return reply;
}

}  // namespace

net::awaitable<void> ServeConnection(std::shared_ptr<HttpShared> shared,
                                     Tcp::socket socket) {
  Connection session(std::move(shared), std::move(socket));
  co_await session.Run();
}

}  // namespace tinyrig::server
