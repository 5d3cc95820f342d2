#include "server/http/reply_headers.h"

namespace tinyrig::server {

std::vector<std::pair<std::string, std::string>> HeadersOf(
    const HttpReply& reply) {
  std::vector<std::pair<std::string, std::string>> lines = {
      {"Server", "tinyrig"},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Content-Security-Policy", kContentSecurityPolicy}};
  lines.insert(lines.end(), reply.headers.begin(), reply.headers.end());
  if (reply.status != 304) {
    lines.emplace_back("Content-Type", reply.content_type);
  }
  return lines;
}

}  // namespace tinyrig::server
