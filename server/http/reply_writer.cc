// Answers whose length is known: a text, or a file.
#include <array>
#include <fstream>

#include "server/http/json.h"
#include "server/http/wire.h"

namespace tinyrig::server {
namespace {

constexpr size_t kChunkBytes = 256 << 10;
constexpr size_t kMaxDrainBytes = 4 << 20;
constexpr std::chrono::milliseconds kDrainTime{1000};

net::awaitable<bool> SendText(Wire& wire, HttpReply reply, bool head_only,
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
    wire.SetTimeout(wire.shared->options.write_timeout_ms);
    co_await http::async_write_some(*wire.stream, serializer, Into(error));
    if (head_only && serializer.is_header_done()) {
      break;
    }
  }
  co_return !error && keep_alive;
}

net::awaitable<bool> SendFile(Wire& wire, HttpReply reply, bool head_only,
                              bool keep_alive) {
  auto file = std::make_shared<std::ifstream>(reply.file, std::ios::binary);
  std::error_code missing;
  const uintmax_t size_bytes = std::filesystem::file_size(reply.file, missing);
  if (!*file || missing) {
    HttpReply gone =
        ErrorReply(absl::UnavailableError("the blob cannot be read"));
    co_return co_await SendText(wire, std::move(gone), head_only, keep_alive);
  }
  http::response<http::empty_body> response{http::status::ok, 11};
  SetHeaders(reply, keep_alive, response);
  response.content_length(size_bytes);
  http::response_serializer<http::empty_body> serializer(response);
  beast::error_code error;
  wire.SetTimeout(wire.shared->options.write_timeout_ms);
  co_await http::async_write_header(*wire.stream, serializer, Into(error));
  auto chunk = std::make_shared<std::string>(kChunkBytes, '\0');
  uintmax_t left = head_only ? 0 : size_bytes;
  while (!error && left > 0) {
    std::function<size_t()> read = [file, chunk] {
      file->read(chunk->data(), static_cast<std::streamsize>(kChunkBytes));
      return static_cast<size_t>(file->gcount());
    };
    const size_t got = co_await OnPool(wire.shared->pool, std::move(read));
    if (got == 0 || got > left) {
      co_return false;  // the file is not what it was: break off
    }
    wire.SetTimeout(wire.shared->options.write_timeout_ms);
    co_await net::async_write(*wire.stream, net::buffer(chunk->data(), got),
                              Into(error));
    left -= got;
  }
  co_return !error && keep_alive;
}

}  // namespace

net::awaitable<bool> SendReply(Wire& wire, HttpReply reply, bool head_only,
                               bool keep_alive) {
  if (reply.file.empty()) {
    co_return co_await SendText(wire, std::move(reply), head_only, keep_alive);
  }
  co_return co_await SendFile(wire, std::move(reply), head_only, keep_alive);
}

net::awaitable<void> RefuseAndClose(Wire& wire, HttpReply reply) {
  co_await SendReply(wire, std::move(reply), false, false);
  beast::error_code error;
  wire.stream->socket().shutdown(Tcp::socket::shutdown_send, error);
  wire.stream->expires_after(kDrainTime);
  auto dropped = std::make_unique<std::array<char, 16 << 10>>();
  size_t total = 0;
  while (!error && total < kMaxDrainBytes) {
    total += co_await wire.stream->async_read_some(net::buffer(*dropped),
                                                   Into(error));
  }
}

}  // namespace tinyrig::server
