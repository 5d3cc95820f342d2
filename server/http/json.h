// proto3 JSON in and out, as docs/HTTP.md promises it.
#pragma once

#include <string>

#include <google/protobuf/message.h>

#include "base/status.h"
#include "server/http/message.h"

namespace tinyrig::server {

/// One line; zero values included, enums as names, int64 as strings.
absl::StatusOr<std::string> ToJson(const google::protobuf::Message& message);

/// INVALID_ARGUMENT: no JSON, an unknown field, or a wrong type (says which).
absl::Status FromJson(const std::string& json,
                      google::protobuf::Message* message);

/// Sets a scalar field by its JSON (or proto) name from text.
/// INVALID_ARGUMENT: unknown field or malformed value.
absl::Status SetField(const std::string& name, const std::string& value,
                      google::protobuf::Message* message);

/// The HTTP status of a gRPC code (docs/HTTP.md, "Errors").
int HttpStatusOf(absl::StatusCode code);

/// {"error": {"code": "NOT_FOUND", "message": "..."}}
HttpReply ErrorReply(const absl::Status& status);
HttpReply ErrorReply(int http_status, const absl::Status& status);

/// Text as a JSON string with its quotes.
std::string JsonString(std::string_view text);

}  // namespace tinyrig::server
