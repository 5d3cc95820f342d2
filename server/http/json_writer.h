// Messages as proto3 JSON, several times as fast as protobuf's own converter,
// which takes most of the time of a long answer.
#pragma once

#include <string>

#include <google/protobuf/message.h>

namespace tinyrig::server {

/// Appends one line: what google::protobuf::util::MessageToJsonString says with
/// always_print_primitive_fields, but for the order of names. False, and
/// nothing of use in `json`: this writer does not know how (texts beyond
/// printable ASCII, well-known types but Timestamp, maps).
bool WriteJson(const google::protobuf::Message& message, std::string& json);

}  // namespace tinyrig::server
