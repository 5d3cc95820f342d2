// GET over one kept connection, as a browser does it.
#pragma once

#include <memory>
#include <string>

#include "base/status.h"

namespace tinyrig::bench {

struct HttpAnswer {
  int status = 0;
  std::string body;
  double ms = 0;  ///< from the first byte sent to the last one read
};

class HttpClient {
 public:
  explicit HttpClient(const std::string& address);  ///< HOST:PORT
  ~HttpClient();
  absl::StatusOr<HttpAnswer> Get(const std::string& path);

 private:
  struct Connection;
  std::string host_, port_;
  std::unique_ptr<Connection> connection_;
};

/// Percent-encodes all but letters, digits and "-_.~".
std::string Encoded(const std::string& text);

}  // namespace tinyrig::bench
