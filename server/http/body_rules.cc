#include "server/http/body_rules.h"

#include "server/http/json.h"

namespace tinyrig::server {
namespace {

bool IsLarger(const BodyLength& length, int64_t limit_bytes) {
  return length.bytes.value_or(0) > static_cast<uint64_t>(limit_bytes);
}

}  // namespace

HttpReply TooLarge(std::string_view what, int64_t limit_bytes) {
  return ErrorReply(413, absl::ResourceExhaustedError(absl::StrCat(
                             std::string(what), ": larger than the ",
                             limit_bytes, " bytes that are taken")));
}

std::optional<HttpReply> RefuseJsonBody(const HttpRequest& request,
                                        const BodyLength& length,
                                        int64_t limit_bytes) {
  if (IsLarger(length, limit_bytes)) {
    return TooLarge("body", limit_bytes);
  }
  if (!length.HasBody()) {
    return std::nullopt;
  }
  if (request.method != "POST") {
    return ErrorReply(absl::InvalidArgumentError(request.method +
                                                 " has a body; none is taken"));
  }
  if (!request.Header("content-type").starts_with("application/json")) {
    return ErrorReply(415, absl::InvalidArgumentError(
                               "Content-Type: application/json is wanted"));
  }
  return std::nullopt;
}

std::optional<HttpReply> RefuseUpload(const BodyLength& length,
                                      int64_t limit_bytes) {
  if (IsLarger(length, limit_bytes)) {
    return TooLarge("blob", limit_bytes);
  }
  if (!length.bytes.has_value() && !length.is_chunked) {
    return ErrorReply(411,
                      absl::InvalidArgumentError("Content-Length is wanted"));
  }
  return std::nullopt;
}

}  // namespace tinyrig::server
