// A plain HTTP client over a socket, blocking with a deadline: tests say byte
// by byte what goes over the line.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "tests/integration/server_harness.h"

namespace tinyrig::servertest {

struct HttpAnswer {
  int status = 0;                              ///< 0: none came
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

/// The server with its HTTP port on loopback.
class HttpServerProcess {
 public:
  explicit HttpServerProcess(std::vector<std::string> flags = {});
  ServerProcess server;
  /// host:port
  [[nodiscard]] std::string address() const;
};

class Line {
 public:
  explicit Line(const std::string& address);
  ~Line();
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  void Send(const std::string& bytes);
  /// One answer by its Content-Length; status 0 when the line closes first.
  HttpAnswer Read(bool head_only = false);
  /// Reads on until `wanted` is in what has come, or the time is over.
  bool ReadUntil(const std::string& wanted,
                 std::chrono::milliseconds limit = std::chrono::seconds(10));
  /// True when the other side closes within the limit.
  bool Closes(std::chrono::milliseconds limit);
  std::string received;  ///< not yet taken by Read

 private:
  bool More(std::chrono::milliseconds limit);
  int fd_ = -1;
};

/// One request on a line of its own. `head`: further header lines.
HttpAnswer Ask(const std::string& address, const std::string& method,
               const std::string& target, const std::string& body = "",
               const std::string& head = "");
HttpAnswer PostJson(const std::string& address, const std::string& target,
                    const std::string& json);

}  // namespace tinyrig::servertest
