// One connection as its parts see it: the socket, what came but is not read
// yet, and what all connections share. Belongs to the I/O thread.
//
// GCC 12 copies temporaries of a co_await expression bit by bit (asio.h): what
// goes into these coroutines has a name first.
#pragma once

#include <filesystem>
#include <memory>

#include "server/http/reply_headers.h"
#include "server/http/session.h"

namespace tinyrig::server {

using HeaderParser = http::request_parser<http::empty_body>;

struct Wire {
  std::shared_ptr<HttpShared> shared;
  std::shared_ptr<beast::tcp_stream> stream;
  beast::flat_buffer buffer{64 << 10};

  void SetTimeout(int timeout_ms) {
    stream->expires_after(std::chrono::milliseconds(timeout_ms));
  }
};

/// A file that goes when the request is over.
struct Spool {
  Spool() = default;
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;
  ~Spool() {
    if (!path.empty()) {
      std::error_code error;
      std::filesystem::remove(path, error);
    }
  }
  std::filesystem::path path;
};

/// Reads a JSON body, if there is one, into `request.body`. False: `refusal`
/// says why (status 0: the client has gone).
net::awaitable<bool> ReadJson(Wire& wire, HeaderParser& parser,
                              HttpRequest& request, HttpReply& refusal);

/// The same for bytes, into a file of the spool folder.
net::awaitable<bool> ReadUpload(Wire& wire, HeaderParser& parser,
                                HttpRequest& request, Spool& spool,
                                HttpReply& refusal);

/// Body or file. True: the connection goes on.
net::awaitable<bool> SendReply(Wire& wire, HttpReply reply, bool head_only,
                               bool keep_alive);

/// Answers a request that was not read to its end, then closes: the rest is
/// read and dropped for a while, or the system would break the connection off
/// before the answer has come through.
net::awaitable<void> RefuseAndClose(Wire& wire, HttpReply reply);

/// How a stream goes out; see SendStream.
struct StreamForm {
  bool head_only = false;
  bool keep_alive = false;
  bool chunked = true;  ///< false for HTTP/1.0: the end closes the connection
  bool gzip = false;
};

/// What `reply.producer` makes, as it comes: at most 1 MiB waits in memory. An
/// error before the first bytes is an error answer; a later one breaks the
/// connection off, so that nobody takes a part for the whole.
net::awaitable<bool> SendStream(Wire& wire, HttpReply reply, StreamForm form);

/// Sends events until the source ends or the client goes.
net::awaitable<void> SendEvents(Wire& wire, int64_t job_id);

/// The header lines that every answer has, and those of the reply.
template <typename Header>
void SetHeaders(const HttpReply& reply, bool keep_alive, Header& header) {
  for (const auto& [name, value] : HeadersOf(reply)) {
    header.set(name, value);
  }
  header.keep_alive(keep_alive);
}

}  // namespace tinyrig::server
