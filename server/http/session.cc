#include "server/http/session.h"

#include <chrono>
#include <fstream>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"

#include "base/log.h"
#include "base/sha256.h"
#include "server/http/gzip.h"
#include "server/http/json.h"
#include "server/http/url.h"
#include "server/store/filter.h"
#include <openssl/evp.h>

namespace tinyrig::server {
namespace {

using std::chrono::milliseconds;
using HeaderParser = http::request_parser<http::empty_body>;
using Clock = std::chrono::steady_clock;

constexpr size_t kChunkBytes = 256 << 10;
constexpr size_t kMaxDrainBytes = 4 << 20;
constexpr milliseconds kDrainTime{1000};
constexpr int kQuickGzip = 4;
constexpr size_t kMaxGzipBytes = 64 << 20;

class FileSha {
 public:
  FileSha() : context_(EVP_MD_CTX_new()) {
    EVP_DigestInit_ex(context_, EVP_sha256(), nullptr);
  }
  FileSha(const FileSha&) = delete;
  FileSha& operator=(const FileSha&) = delete;
  ~FileSha() { EVP_MD_CTX_free(context_); }
  void Add(const char* bytes, size_t count) {
    EVP_DigestUpdate(context_, bytes, count);
  }
  std::string Hex() {
    std::array<uint8_t, 32> digest{};
    EVP_DigestFinal_ex(context_, digest.data(), nullptr);
    return base::Hex(digest);
  }

 private:
  EVP_MD_CTX* context_;
};

// A file that goes when the request is over.
struct Spool {
  std::filesystem::path path;
  ~Spool() {
    if (!path.empty()) {
      std::error_code error;
      std::filesystem::remove(path, error);
    }
  }
};

class Connection {
 public:
  Connection(std::shared_ptr<HttpShared> shared, Tcp::socket socket)
      : shared_(std::move(shared)),
        stream_(std::make_shared<beast::tcp_stream>(std::move(socket))) {
    beast::error_code error;
    const auto peer = stream_->socket().remote_endpoint(error);
    caller_.peer = error ? "http:unknown"
                         : absl::StrCat("http:", peer.address().to_string(),
                                        ":", peer.port());
    shared_->connections.insert(stream_.get());
    shared_->metrics.AddConnections(1);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    shared_->busy.erase(stream_.get());
    shared_->connections.erase(stream_.get());
    shared_->metrics.AddConnections(-1);
  }

  net::awaitable<void> Run();

 private:
  // False: the connection is over.
  net::awaitable<bool> WaitForRequest();
  net::awaitable<bool> OneRequest();
  net::awaitable<bool> Handle(HeaderParser& parser, Target target);
  net::awaitable<bool> ReadJson(HeaderParser& parser, HttpRequest& request,
                                HttpReply& refusal);
  net::awaitable<bool> ReadUpload(HeaderParser& parser, HttpRequest& request,
                                  Spool& spool, HttpReply& refusal);
  net::awaitable<bool> Receive(http::request_parser<http::buffer_body>& body,
                               HttpRequest& request, const Spool& spool,
                               HttpReply& refusal);
  net::awaitable<bool> Continue(const HeaderParser& parser);
  net::awaitable<HttpReply> CallHandler(HttpHandler handler,
                                        HttpRequest request);
  net::awaitable<bool> Send(HttpReply reply, bool head_only, bool keep_alive);
  net::awaitable<bool> SendFile(HttpReply reply, bool head_only,
                                bool keep_alive);
  net::awaitable<void> RefuseAndClose(HttpReply reply);
  net::awaitable<void> Close();

  void SetTimeout(int timeout_ms) {
    stream_->expires_after(milliseconds(timeout_ms));
  }

  std::shared_ptr<HttpShared> shared_;
  std::shared_ptr<beast::tcp_stream> stream_;
  beast::flat_buffer buffer_{64 << 10};
  Caller caller_;
  bool first_ = true;
};

HttpReply TooLarge(std::string_view what, int64_t limit_bytes) {
  return ErrorReply(413, absl::ResourceExhaustedError(absl::StrCat(
                             std::string(what), ": larger than the ",
                             limit_bytes, " bytes that are taken")));
}

net::awaitable<void> Connection::Run() {
  bool more = true;
  while (more) {
    more = co_await WaitForRequest();
    if (more) {
      more = co_await OneRequest();
      shared_->busy.erase(stream_.get());
    }
  }
  beast::error_code ignored;
  stream_->socket().close(ignored);
}

net::awaitable<bool> Connection::WaitForRequest() {
  if (buffer_.size() > 0) {
    co_return true;
  }
  SetTimeout(first_ ? shared_->options.read_timeout_ms
                    : shared_->options.idle_timeout_ms);
  beast::error_code error;
  const size_t got =
      co_await stream_->async_read_some(buffer_.prepare(4096), Into(error));
  buffer_.commit(got);
  co_return !error;
}

net::awaitable<bool> Connection::OneRequest() {
  first_ = false;
  shared_->busy.insert(stream_.get());
  HeaderParser parser;
  parser.header_limit(static_cast<uint32_t>(shared_->options.max_header_bytes));
  // Each route has its own; "none" is refused by Beast 1.74 as too small.
  parser.body_limit(std::numeric_limits<uint64_t>::max());
  SetTimeout(shared_->options.read_timeout_ms);
  beast::error_code error;
  co_await http::async_read_header(*stream_, buffer_, parser, Into(error));
  if (error == http::error::header_limit ||
      error == http::error::buffer_overflow) {
    HttpReply refusal = ErrorReply(
        431, absl::InvalidArgumentError(absl::StrCat(
                 "header: at most ", shared_->options.max_header_bytes,
                 " bytes are taken")));
    co_await RefuseAndClose(std::move(refusal));
    co_return false;
  }
  if (error == beast::error::timeout || error == http::error::end_of_stream ||
      error == http::error::partial_message) {
    co_return false;
  }
  if (error) {
    if (error.category() ==
        http::make_error_code(http::error::bad_method).category()) {
      HttpReply refusal = ErrorReply(
          400, absl::InvalidArgumentError("not HTTP: " + error.message()));
      co_await RefuseAndClose(std::move(refusal));
    }
    co_return false;
  }
  auto target =
      ParseTarget({parser.get().target().data(), parser.get().target().size()});
  if (!target.ok()) {
    HttpReply refusal = ErrorReply(target.status());
    co_await RefuseAndClose(std::move(refusal));
    co_return false;
  }
  Target parsed = *std::move(target);
  co_return co_await Handle(parser, std::move(parsed));
}

// Pages of other sites may not make a browser change anything here.
bool IsForeign(const HttpRequest& request) {
  const std::string origin = request.Header("origin");
  const size_t scheme = origin.find("://");
  return !origin.empty() &&
         (scheme == std::string::npos ||
          origin.substr(scheme + 3) != request.Header("host"));
}

net::awaitable<bool> Connection::Handle(HeaderParser& parser, Target target) {
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
  // Asked now: the parser is moved from when there is a body.
  const bool wants_more = parser.get().keep_alive();
  const bool is_head = request.method == "HEAD";
  const bool is_health =
      request.path.size() == 1 && request.path[0] == "healthz";
  const auto match = shared_->router.Find(request.method, request.path);
  const std::string route_name =
      match.route != nullptr                              ? match.route->pattern
      : !request.path.empty() && request.path[0] == "api" ? "unknown"
                                                          : "static";
  HttpReply reply;
  Spool spool;
  bool whole = true;  // the request has been read to its end
  HttpHandler handler;
  if (shared_->draining && !is_health) {
    reply = ErrorReply(absl::UnavailableError("the server is going away"));
    whole = false;
  } else if (match.route != nullptr) {
    request.variables = match.variables;
    if (match.route->method == "POST" && IsForeign(request)) {
      reply = ErrorReply(
          absl::PermissionDeniedError("requests of other sites are not taken"));
      whole = false;
    } else {
      if (match.route->raw_body) {
        whole = co_await ReadUpload(parser, request, spool, reply);
      } else {
        whole = co_await ReadJson(parser, request, reply);
      }
      handler = match.route->handler;
    }
  } else if (!match.allowed.empty()) {
    reply = ErrorReply(405, absl::UnimplementedError(absl::StrCat(
                                request.method, ": ", match.allowed,
                                " can be asked for here")));
    reply.headers.emplace_back("Allow", match.allowed);
    whole = false;
  } else if (route_name == "unknown") {
    reply = ErrorReply(absl::NotFoundError(
        "no such address; /api/v1/openapi.json lists those that are"));
    whole = false;
  } else if (request.method != "GET" && !is_head) {
    reply = ErrorReply(405, absl::UnimplementedError(request.method +
                                                     ": GET can be asked for"));
    reply.headers.emplace_back("Allow", "GET");
    whole = false;
  } else {
    whole = co_await ReadJson(parser, request, reply);
    handler = [shared = shared_](const HttpRequest& asked) {
      return shared->files.Serve(asked);
    };
  }
  const auto start = Clock::now();
  if (whole) {
    reply = co_await CallHandler(std::move(handler), std::move(request));
  }
  shared_->metrics.AddHttp(
      route_name, reply.status,
      std::chrono::duration<double>(Clock::now() - start).count());
  if (!whole) {
    if (reply.status != 0) {
      co_await RefuseAndClose(std::move(reply));
    }
    co_return false;
  }
  if (reply.events.has_value()) {
    if (is_head) {
      co_return false;
    }
    const int64_t job_id =
        reply.events->job_id.empty()
            ? 0
            : ParseId("j-", reply.events->job_id).value_or(-1);
    co_await SendEvents(*shared_, stream_, job_id);
    co_return false;
  }
  const bool keep_alive = wants_more && !shared_->draining;
  if (!reply.file.empty()) {
    co_return co_await SendFile(std::move(reply), is_head, keep_alive);
  }
  co_return co_await Send(std::move(reply), is_head, keep_alive);
}

net::awaitable<bool> Connection::Continue(const HeaderParser& parser) {
  if (!beast::iequals(parser.get()[http::field::expect], "100-continue")) {
    co_return true;
  }
  http::response<http::empty_body> go{http::status::continue_,
                                      parser.get().version()};
  beast::error_code error;
  co_await http::async_write(*stream_, go, Into(error));
  co_return !error;
}

// False: `refusal` says why (status 0: the client has gone).
net::awaitable<bool> Connection::ReadJson(HeaderParser& parser,
                                          HttpRequest& request,
                                          HttpReply& refusal) {
  const int64_t limit = shared_->options.max_json_bytes;
  const auto length = parser.content_length();
  if (length && *length > static_cast<uint64_t>(limit)) {
    refusal = TooLarge("body", limit);
    co_return false;
  }
  const bool has_body = parser.chunked() || (length && *length > 0);
  if (!has_body) {
    co_return true;
  }
  if (request.method != "POST") {
    refusal = ErrorReply(absl::InvalidArgumentError(
        request.method + " has a body; none is taken"));
    co_return false;
  }
  if (!request.Header("content-type").starts_with("application/json")) {
    refusal = ErrorReply(415, absl::InvalidArgumentError(
                                  "Content-Type: application/json is wanted"));
    co_return false;
  }
  const bool may_send = co_await Continue(parser);
  if (!may_send) {
    refusal.status = 0;
    co_return false;
  }
  http::request_parser<http::string_body> body(std::move(parser));
  body.body_limit(static_cast<uint64_t>(limit));
  SetTimeout(shared_->options.read_timeout_ms);
  beast::error_code error;
  co_await http::async_read(*stream_, buffer_, body, Into(error));
  if (error == http::error::body_limit) {
    refusal = TooLarge("body", limit);
    co_return false;
  }
  if (error) {
    refusal =
        ErrorReply(absl::InvalidArgumentError("body: " + error.message()));
    refusal.status =
        error.category() ==
                    http::make_error_code(http::error::bad_chunk).category() &&
                error != http::error::partial_message
            ? 400
            : 0;
    co_return false;
  }
  request.body = std::move(body.get().body());
  co_return true;
}

net::awaitable<bool> Connection::ReadUpload(HeaderParser& parser,
                                            HttpRequest& request, Spool& spool,
                                            HttpReply& refusal) {
  const int64_t limit = shared_->options.max_blob_bytes;
  const auto length = parser.content_length();
  if (length && *length > static_cast<uint64_t>(limit)) {
    refusal = TooLarge("blob", limit);
    co_return false;
  }
  if (!length && !parser.chunked()) {
    refusal =
        ErrorReply(411, absl::InvalidArgumentError("Content-Length is wanted"));
    co_return false;
  }
  const bool may_send = co_await Continue(parser);
  if (!may_send) {
    refusal.status = 0;
    co_return false;
  }
  spool.path = shared_->options.spool /
               absl::StrCat("http-upload-", shared_->next_upload++);
  http::request_parser<http::buffer_body> body(std::move(parser));
  body.body_limit(static_cast<uint64_t>(limit));
  co_return co_await Receive(body, request, spool, refusal);
}

// The file is written on the pool: a slow disk holds up one upload only.
net::awaitable<bool> Connection::Receive(
    http::request_parser<http::buffer_body>& body, HttpRequest& request,
    const Spool& spool, HttpReply& refusal) {
  auto file = std::make_shared<std::ofstream>(spool.path, std::ios::binary);
  auto sha = std::make_shared<FileSha>();
  auto chunk = std::make_shared<std::string>(kChunkBytes, '\0');
  while (!body.is_done()) {
    body.get().body().data = chunk->data();
    body.get().body().size = chunk->size();
    SetTimeout(shared_->options.read_timeout_ms);
    beast::error_code error;
    co_await http::async_read(*stream_, buffer_, body, Into(error));
    if (error == http::error::need_buffer) {
      error = {};
    }
    if (error == http::error::body_limit) {
      refusal = TooLarge("blob", shared_->options.max_blob_bytes);
      co_return false;
    }
    if (error) {
      refusal.status = 0;
      co_return false;
    }
    const size_t got = chunk->size() - body.get().body().size;
    std::function<bool()> write = [file, sha, chunk, got] {
      sha->Add(chunk->data(), got);
      file->write(chunk->data(), static_cast<std::streamsize>(got));
      return file->good();
    };
    const bool written = co_await OnPool(shared_->pool, std::move(write));
    if (!written) {
      refusal = ErrorReply(absl::ResourceExhaustedError(
          "blob: the server's disk is full or cannot be written"));
      co_return false;
    }
  }
  file->close();
  request.body_file = spool.path;
  request.body_sha256 = sha->Hex();
  co_return true;
}

HttpReply CallAndPack(const HttpHandler& handler, const HttpRequest& request) {
  HttpReply reply = handler(request);
  const bool is_packed = std::any_of(
      reply.headers.begin(), reply.headers.end(),
      [](const auto& header) { return header.first == "Content-Encoding"; });
  if (!is_packed && reply.body.size() >= kMinGzipBytes &&
      reply.body.size() <= kMaxGzipBytes && IsText(reply.content_type)) {
    reply.headers.emplace_back("Vary", "Accept-Encoding");
    if (AcceptsGzip(request.Header("accept-encoding"))) {
      reply.body = Gzip(reply.body, kQuickGzip);
      reply.headers.emplace_back("Content-Encoding", "gzip");
    }
  }
  return reply;
}

net::awaitable<HttpReply> Connection::CallHandler(HttpHandler handler,
                                                  HttpRequest request) {
  std::function<HttpReply()> call = [handler = std::move(handler),
                                     request = std::move(request)] {
    return CallAndPack(handler, request);
  };
  HttpReply reply = co_await OnPool(shared_->pool, std::move(call));
  co_return reply;
}

template <typename Header>
void SetHeaders(const HttpReply& reply, bool keep_alive, Header& header) {
  SetCommonHeaders(header);
  for (const auto& [name, value] : reply.headers) {
    header.set(name, value);
  }
  if (reply.status != 304) {
    header.set(http::field::content_type, reply.content_type);
  }
  header.keep_alive(keep_alive);
}

net::awaitable<bool> Connection::Send(HttpReply reply, bool head_only,
                                      bool keep_alive) {
  http::response<http::string_body> response{
      static_cast<http::status>(reply.status), 11};
  SetHeaders(reply, keep_alive, response);
  const size_t size_bytes = reply.body.size();
  if (!head_only) {
    response.body() = std::move(reply.body);
  }
  if (reply.status != 304) {
    response.content_length(size_bytes);
  }
  http::response_serializer<http::string_body> serializer(response);
  beast::error_code error;
  // In parts: a timeout is for each part, not for a large body on a slow line.
  while (!error && !serializer.is_done()) {
    SetTimeout(shared_->options.write_timeout_ms);
    co_await http::async_write_some(*stream_, serializer, Into(error));
    if (head_only && serializer.is_header_done()) {
      break;
    }
  }
  co_return !error && keep_alive;
}

net::awaitable<bool> Connection::SendFile(HttpReply reply, bool head_only,
                                          bool keep_alive) {
  auto file = std::make_shared<std::ifstream>(reply.file, std::ios::binary);
  std::error_code missing;
  const uintmax_t size_bytes = std::filesystem::file_size(reply.file, missing);
  if (!*file || missing) {
    HttpReply gone =
        ErrorReply(absl::UnavailableError("the blob cannot be read"));
    co_return co_await Send(std::move(gone), head_only, keep_alive);
  }
  http::response<http::empty_body> response{http::status::ok, 11};
  SetHeaders(reply, keep_alive, response);
  response.content_length(size_bytes);
  http::response_serializer<http::empty_body> serializer(response);
  beast::error_code error;
  SetTimeout(shared_->options.write_timeout_ms);
  co_await http::async_write_header(*stream_, serializer, Into(error));
  auto chunk = std::make_shared<std::string>(kChunkBytes, '\0');
  uintmax_t left = head_only ? 0 : size_bytes;
  while (!error && left > 0) {
    std::function<size_t()> read = [file, chunk] {
      file->read(chunk->data(), static_cast<std::streamsize>(kChunkBytes));
      return static_cast<size_t>(file->gcount());
    };
    const size_t got = co_await OnPool(shared_->pool, std::move(read));
    if (got == 0 || got > left) {
      co_return false;  // the file is not what it was: break off
    }
    SetTimeout(shared_->options.write_timeout_ms);
    co_await net::async_write(*stream_, net::buffer(chunk->data(), got),
                              Into(error));
    left -= got;
  }
  co_return !error && keep_alive;
}

// The answer must reach a client that is still sending: its rest is read and
// dropped for a while, or the system would break the connection off.
net::awaitable<void> Connection::RefuseAndClose(HttpReply reply) {
  co_await Send(std::move(reply), false, false);
  co_await Close();
}

net::awaitable<void> Connection::Close() {
  beast::error_code error;
  stream_->socket().shutdown(Tcp::socket::shutdown_send, error);
  stream_->expires_after(kDrainTime);
  auto dropped = std::make_unique<std::array<char, 16 << 10>>();
  size_t total = 0;
  while (!error && total < kMaxDrainBytes) {
    total +=
        co_await stream_->async_read_some(net::buffer(*dropped), Into(error));
  }
}

}  // namespace

net::awaitable<void> ServeConnection(std::shared_ptr<HttpShared> shared,
                                     Tcp::socket socket) {
  Connection session(std::move(shared), std::move(socket));
  co_await session.Run();
}

}  // namespace tinyrig::server
