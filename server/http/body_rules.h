// Which request bodies are taken, from the header alone. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "server/http/message.h"

namespace tinyrig::server {

/// What a header says of the body behind it.
struct BodyLength {
  std::optional<uint64_t> bytes;  ///< Content-Length
  bool is_chunked = false;
  [[nodiscard]] bool HasBody() const {
    return is_chunked || bytes.value_or(0) > 0;
  }
};

/// 413, as `what` is larger than `limit_bytes`.
HttpReply TooLarge(std::string_view what, int64_t limit_bytes);

/// The refusal of a request whose route takes JSON: 413 too large, 400 no
/// POST, 415 no JSON. None: it may be read.
std::optional<HttpReply> RefuseJsonBody(const HttpRequest& request,
                                        const BodyLength& length,
                                        int64_t limit_bytes);

/// The same for bytes: 413 too large, 411 of unknown length.
std::optional<HttpReply> RefuseUpload(const BodyLength& length,
                                      int64_t limit_bytes);

}  // namespace tinyrig::server
