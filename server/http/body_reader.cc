// Request bodies: JSON into memory, uploads into a file.
#include <fstream>

#include "base/sha256_stream.h"
#include "server/http/body_rules.h"
#include "server/http/json.h"
#include "server/http/wire.h"

namespace tinyrig::server {
namespace {

constexpr size_t kChunkBytes = 256 << 10;

BodyLength LengthOf(const HeaderParser& parser) {
  const auto bytes = parser.content_length();
  return {bytes ? std::optional<uint64_t>(*bytes) : std::nullopt,
          parser.chunked()};
}

net::awaitable<bool> Continue(Wire& wire, const HeaderParser& parser) {
  if (!beast::iequals(parser.get()[http::field::expect], "100-continue")) {
    co_return true;
  }
  http::response<http::empty_body> go{http::status::continue_,
                                      parser.get().version()};
  beast::error_code error;
  co_await http::async_write(*wire.stream, go, Into(error));
  co_return !error;
}

// Only a body that is no HTTP gets an answer; else the client has gone.
HttpReply BrokenBody(const beast::error_code& error) {
  HttpReply refusal =
      ErrorReply(absl::InvalidArgumentError("body: " + error.message()));
  const bool is_http_error =
      error.category() ==
      http::make_error_code(http::error::bad_chunk).category();
  if (!is_http_error || error == http::error::partial_message) {
    refusal.status = 0;
  }
  return refusal;
}

// The file is written on the pool: a slow disk holds up one upload only.
net::awaitable<bool> Receive(Wire& wire,
                             http::request_parser<http::buffer_body>& body,
                             HttpRequest& request, const Spool& spool,
                             HttpReply& refusal) {
  auto file = std::make_shared<std::ofstream>(spool.path, std::ios::binary);
  auto sha = std::make_shared<base::Sha256Stream>();
  auto chunk = std::make_shared<std::string>(kChunkBytes, '\0');
  while (!body.is_done()) {
    body.get().body().data = chunk->data();
    body.get().body().size = chunk->size();
    wire.SetTimeout(wire.shared->options.read_timeout_ms);
    beast::error_code error;
    co_await http::async_read(*wire.stream, wire.buffer, body, Into(error));
    if (error == http::error::need_buffer) {
      error = {};
    }
    if (error == http::error::body_limit) {
      refusal = TooLarge("blob", wire.shared->options.max_blob_bytes);
      co_return false;
    }
    if (error) {
      refusal.status = 0;
      co_return false;
    }
    const size_t got = chunk->size() - body.get().body().size;
    std::function<bool()> write = [file, sha, chunk, got] {
      sha->Add({chunk->data(), got});
      file->write(chunk->data(), static_cast<std::streamsize>(got));
      return file->good();
    };
    const bool written = co_await OnPool(wire.shared->pool, std::move(write));
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

}  // namespace

net::awaitable<bool> ReadJson(Wire& wire, HeaderParser& parser,
                              HttpRequest& request, HttpReply& refusal) {
  const int64_t limit = wire.shared->options.max_json_bytes;
  const BodyLength length = LengthOf(parser);
  if (auto refused = RefuseJsonBody(request, length, limit)) {
    refusal = *std::move(refused);
    co_return false;
  }
  if (!length.HasBody()) {
    co_return true;
  }
  const bool may_send = co_await Continue(wire, parser);
  if (!may_send) {
    refusal.status = 0;
    co_return false;
  }
  http::request_parser<http::string_body> body(std::move(parser));
  body.body_limit(static_cast<uint64_t>(limit));
  wire.SetTimeout(wire.shared->options.read_timeout_ms);
  beast::error_code error;
  co_await http::async_read(*wire.stream, wire.buffer, body, Into(error));
  if (error == http::error::body_limit) {
    refusal = TooLarge("body", limit);
    co_return false;
  }
  if (error) {
    refusal = BrokenBody(error);
    co_return false;
  }
  request.body = std::move(body.get().body());
  co_return true;
}

net::awaitable<bool> ReadUpload(Wire& wire, HeaderParser& parser,
                                HttpRequest& request, Spool& spool,
                                HttpReply& refusal) {
  const int64_t limit = wire.shared->options.max_blob_bytes;
  if (auto refused = RefuseUpload(LengthOf(parser), limit)) {
    refusal = *std::move(refused);
    co_return false;
  }
  const bool may_send = co_await Continue(wire, parser);
  if (!may_send) {
    refusal.status = 0;
    co_return false;
  }
  spool.path = wire.shared->options.spool /
               absl::StrCat("http-upload-", wire.shared->next_upload++);
  http::request_parser<http::buffer_body> body(std::move(parser));
  body.body_limit(static_cast<uint64_t>(limit));
  co_return co_await Receive(wire, body, request, spool, refusal);
}

}  // namespace tinyrig::server
