#include "server/http/json.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include <google/protobuf/util/json_util.h>

#include "server/http/json_writer.h"

namespace tinyrig::server {
namespace {

namespace pb = google::protobuf;

const pb::FieldDescriptor* FindField(const std::string& name,
                                     const pb::Descriptor& descriptor) {
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const pb::FieldDescriptor* field = descriptor.field(i);
    if (field->json_name() == name || field->name() == name) {
      return field;
    }
  }
  return nullptr;
}

absl::Status BadValue(const std::string& name, const std::string& value,
                      std::string_view wanted) {
  return absl::InvalidArgumentError(absl::StrCat(
      name, "=", value.substr(0, 80), ": ", std::string(wanted), " is wanted"));
}

template <typename Integer, typename Set>
absl::Status SetInteger(const std::string& name, const std::string& value,
                        const Set& set) {
  Integer number = 0;
  if (!absl::SimpleAtoi(value, &number)) {
    return BadValue(name, value, "a whole number");
  }
  set(number);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ToJson(const pb::Message& message) {
  std::string json;
  if (WriteJson(message, json)) {
    return json;
  }
  json.clear();
  pb::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  const auto status = pb::util::MessageToJsonString(message, &json, options);
  if (!status.ok()) {
    return absl::InternalError("answer as JSON: " + status.ToString());
  }
  return json;
}

absl::Status FromJson(const std::string& json, pb::Message* message) {
  const auto status = pb::util::JsonStringToMessage(json, message);
  return status.ok()
             ? absl::OkStatus()
             : absl::InvalidArgumentError(absl::StrCat(
                   "body: not the JSON of a ", message->GetDescriptor()->name(),
                   ": ", std::string(status.message())));
}

absl::Status SetField(const std::string& name, const std::string& value,
                      pb::Message* message) {
  const pb::Descriptor& descriptor = *message->GetDescriptor();
  const pb::FieldDescriptor* field = FindField(name, descriptor);
  if (field == nullptr || field->is_repeated()) {
    std::string known;
    for (int i = 0; i < descriptor.field_count(); ++i) {
      known += (i == 0 ? "" : ", ") + descriptor.field(i)->json_name();
    }
    return absl::InvalidArgumentError(
        absl::StrCat("unknown parameter \"", name.substr(0, 80),
                     "\"; known: ", known.empty() ? "none" : known));
  }
  const pb::Reflection& reflection = *message->GetReflection();
  switch (field->cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_STRING:
      reflection.SetString(message, field, value);
      return absl::OkStatus();
    case pb::FieldDescriptor::CPPTYPE_INT32:
      return SetInteger<int32_t>(name, value, [&](int32_t number) {
        reflection.SetInt32(message, field, number);
      });
    case pb::FieldDescriptor::CPPTYPE_INT64:
      return SetInteger<int64_t>(name, value, [&](int64_t number) {
        reflection.SetInt64(message, field, number);
      });
    case pb::FieldDescriptor::CPPTYPE_BOOL:
      if (value != "true" && value != "false") {
        return BadValue(name, value, "true or false");
      }
      reflection.SetBool(message, field, value == "true");
      return absl::OkStatus();
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("parameter \"", name, "\" is no plain value"));
  }
}

int HttpStatusOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return 200;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kDataLoss:  // what was sent is not what was said
      return 400;
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
      return 409;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    case absl::StatusCode::kUnimplemented:
      return 501;
    case absl::StatusCode::kUnavailable:
      return 503;
    case absl::StatusCode::kDeadlineExceeded:
      return 504;
    default:
      return 500;
  }
}

std::string JsonString(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20 || byte >= 0x7F) {
      // Status texts may quote a caller's bytes, which need not be UTF-8.
      quoted += byte < 0x20 ? absl::StrFormat("\\u%04x", byte) : "?";
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

HttpReply ErrorReply(int http_status, const absl::Status& status) {
  HttpReply reply;
  reply.status = http_status;
  reply.body = absl::StrCat(
      "{\"error\": {\"code\": ",
      JsonString(absl::StatusCodeToString(status.code())), ", \"message\": ",
      JsonString({status.message().data(), status.message().size()}), "}}\n");
  reply.headers.emplace_back("Cache-Control", "no-store");
  return reply;
}

HttpReply ErrorReply(const absl::Status& status) {
  return ErrorReply(HttpStatusOf(status.code()), status);
}

}  // namespace tinyrig::server
