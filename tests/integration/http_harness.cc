#include "tests/integration/http_harness.h"

#include <algorithm>
#include <poll.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace tinyrig::servertest {
namespace {

using std::chrono::milliseconds;

std::vector<std::string> WithHttp(std::vector<std::string> flags) {
  flags.insert(flags.begin(), {"--http", "127.0.0.1:0"});
  return flags;
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return text;
}

}  // namespace

HttpServerProcess::HttpServerProcess(std::vector<std::string> flags)
    : server(WithHttp(std::move(flags))) {}

std::string HttpServerProcess::address() const {
  const auto text =
      base::ReadTextFile(server.data().parent_path() / "ready.http");
  return text.ok() ? text->substr(0, text->find('\n')) : "";
}

Line::Line(const std::string& address)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  peer.sin_port = ::htons(
      static_cast<uint16_t>(std::stoi(address.substr(address.find(':') + 1))));
  EXPECT_EQ(
      ::connect(fd_, reinterpret_cast<const sockaddr*>(&peer), sizeof peer), 0);
}

Line::~Line() {
  ::close(fd_);
}

void Line::Send(const std::string& bytes) {
  size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n =
        ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) {
      return;  // the server has hung up: the answer says why
    }
    sent += static_cast<size_t>(n);
  }
}

bool Line::More(milliseconds limit) {
  pollfd waiting{fd_, POLLIN, 0};
  if (::poll(&waiting, 1, static_cast<int>(limit.count())) <= 0) {
    return false;
  }
  std::string chunk(64 << 10, '\0');
  const ssize_t n = ::recv(fd_, chunk.data(), chunk.size(), 0);
  if (n <= 0) {
    return false;
  }
  received.append(chunk, 0, static_cast<size_t>(n));
  return true;
}

bool Line::ReadUntil(const std::string& wanted, milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (received.find(wanted) == std::string::npos) {
    const auto left = std::chrono::duration_cast<milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0 || !More(left)) {
      return false;
    }
  }
  return true;
}

bool Line::Closes(milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (More(limit)) {
  }
  return std::chrono::steady_clock::now() < deadline;
}

HttpAnswer Line::Read(bool head_only) {
  HttpAnswer answer;
  if (!ReadUntil("\r\n\r\n")) {
    return answer;
  }
  const size_t end = received.find("\r\n\r\n");
  const std::string head = received.substr(0, end + 2);
  answer.status = std::stoi(head.substr(head.find(' ') + 1, 3));
  for (size_t at = head.find("\r\n") + 2; at < head.size();) {
    const size_t stop = head.find("\r\n", at);
    const size_t colon = head.find(':', at);
    answer.headers[Lower(head.substr(at, colon - at))] =
        head.substr(colon + 2, stop - colon - 2);
    at = stop + 2;
  }
  received.erase(0, end + 4);
  const bool has_body = !head_only && answer.headers.contains("content-length");
  const size_t size =
      has_body ? std::stoul(answer.headers["content-length"]) : 0;
  while (received.size() < size && More(std::chrono::seconds(10))) {
  }
  answer.body = received.substr(0, size);
  received.erase(0, answer.body.size());
  return answer;
}

HttpAnswer Ask(const std::string& address, const std::string& method,
               const std::string& target, const std::string& body,
               const std::string& head) {
  Line line(address);
  std::string request =
      method + " " + target + " HTTP/1.1\r\nHost: " + address + "\r\n" + head;
  if (!body.empty()) {
    request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  line.Send(request + "\r\n" + body);
  return line.Read(method == "HEAD");
}

HttpAnswer PostJson(const std::string& address, const std::string& target,
                    const std::string& json) {
  return Ask(address, "POST", target, json,
             "Content-Type: application/json\r\n");
}

}  // namespace tinyrig::servertest
