#include "server/http/reply_gzip.h"

#include <algorithm>

#include "server/http/gzip.h"

namespace tinyrig::server {
namespace {

constexpr int kQuickGzip = 4;

}  // namespace

void PackReply(std::string_view accept_encoding, HttpReply& reply) {
  const bool is_packed = std::ranges::any_of(
      reply.headers,
      [](const auto& header) { return header.first == "Content-Encoding"; });
  if (is_packed || reply.body.size() < kMinGzipBytes ||
      reply.body.size() > kMaxGzipBytes || !IsText(reply.content_type)) {
    return;
  }
  reply.headers.emplace_back("Vary", "Accept-Encoding");
  if (AcceptsGzip(accept_encoding)) {
    reply.body = Gzip(reply.body, kQuickGzip);
    reply.headers.emplace_back("Content-Encoding", "gzip");
  }
}

}  // namespace tinyrig::server
