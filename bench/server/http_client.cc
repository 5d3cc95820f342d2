#include "bench/server/http_client.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_format.h"
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace tinyrig::bench {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

struct HttpClient::Connection {
  net::io_context context;
  net::ip::tcp::socket socket{context};
  beast::flat_buffer buffer;
};

HttpClient::HttpClient(const std::string& address)
    : host_(address.substr(0, address.rfind(':'))),
      port_(address.substr(address.rfind(':') + 1)) {}

HttpClient::~HttpClient() = default;

absl::StatusOr<HttpAnswer> HttpClient::Get(const std::string& path) {
  beast::error_code error;
  if (connection_ == nullptr) {
    connection_ = std::make_unique<Connection>();
    net::ip::tcp::resolver resolver(connection_->context);
    net::connect(connection_->socket, resolver.resolve(host_, port_, error),
                 error);
    if (error) {
      connection_.reset();
      return absl::UnavailableError("connect: " + error.message());
    }
    connection_->socket.set_option(net::ip::tcp::no_delay(true));
  }
  const auto begin = std::chrono::steady_clock::now();
  http::request<http::empty_body> request(http::verb::get, path, 11);
  request.set(http::field::host, host_);
  http::write(connection_->socket, request, error);
  http::response_parser<http::string_body> parser;
  parser.body_limit(256 << 20);
  if (!error) {
    http::read(connection_->socket, connection_->buffer, parser, error);
  }
  if (error) {
    connection_.reset();
    return absl::UnavailableError(path + ": " + error.message());
  }
  HttpAnswer answer;
  answer.status = static_cast<int>(parser.get().result_int());
  answer.body = std::move(parser.get().body());
  answer.ms = std::chrono::duration<double, std::milli>(
                  std::chrono::steady_clock::now() - begin)
                  .count();
  if (!parser.get().keep_alive()) {
    connection_.reset();
  }
  return answer;
}

std::string Encoded(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                       c == '.' || c == '~';
    out += plain ? std::string(1, c)
                 : absl::StrFormat("%%%02X", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace tinyrig::bench
