#include "server/http/json_writer.h"

#include <charconv>
#include <cmath>
#include <string_view>

#include "absl/strings/escaping.h"
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/time_util.h>

namespace tinyrig::server {
namespace {

namespace pb = google::protobuf;
using Type = pb::FieldDescriptor::CppType;

template <typename Number, typename... Format>
void AddNumber(Number value, std::string& json, Format... format) {
  char text[64];
  const auto end =
      std::to_chars(text, text + sizeof(text), value, format...).ptr;
  json.append(text, end);
}

template <typename Integer>
void AddQuoted(Integer value, std::string& json) {
  json += '"';
  AddNumber(value, json);
  json += '"';
}

// As %g does: no exponent where people do not expect one.
template <typename Real>
void AddReal(Real value, std::string& json) {
  if (std::isnan(value)) {
    json += "\"NaN\"";
  } else if (std::isinf(value)) {
    json += value < 0 ? "\"-Infinity\"" : "\"Infinity\"";
  } else if (const double size = std::abs(value);
             value == 0 || (size >= 1e-4 && size < 1e15)) {
    AddNumber(value, json, std::chars_format::fixed);
  } else {
    AddNumber(value, json);
  }
}

bool AddText(std::string_view text, std::string& json) {
  json += '"';
  for (const char c : text) {
    if (c < 0x20 || c >= 0x7F || c == '<' || c == '>') {
      return false;  // protobuf knows how to escape it
    }
    if (c == '"' || c == '\\') {
      json += '\\';
    }
    json += c;
  }
  json += '"';
  return true;
}

bool AddMessage(const pb::Message& message, std::string& json);

bool AddTimestamp(const pb::Message& message, std::string& json) {
  const auto* time = dynamic_cast<const pb::Timestamp*>(&message);
  if (time == nullptr ||
      time->seconds() < pb::util::TimeUtil::kTimestampMinSeconds ||
      time->seconds() > pb::util::TimeUtil::kTimestampMaxSeconds ||
      time->nanos() < 0 || time->nanos() >= 1'000'000'000) {
    return false;
  }
  json += '"';
  json += pb::util::TimeUtil::ToString(*time);
  json += '"';
  return true;
}

void AddEnum(const pb::FieldDescriptor& field, int number, std::string& json) {
  if (const auto* value = field.enum_type()->FindValueByNumber(number)) {
    json += '"';
    json += value->name();
    json += '"';
  } else {
    AddNumber(number, json);
  }
}

// One value of a field; `index` is -1 for a field that is not repeated.
class FieldValue {
 private:
  template <typename One, typename OfMany>
  auto Get(const pb::Reflection& of, One one, OfMany of_many) const {
    return index_ < 0 ? (of.*one)(message_, &field_)
                      : (of.*of_many)(message_, &field_, index_);
  }

 public:
  FieldValue(const pb::Message& message, const pb::FieldDescriptor& field,
             int index)
      : message_(message), field_(field), index_(index) {}

  bool Add(std::string& json) const {
    const pb::Reflection& of = *message_.GetReflection();
    switch (field_.cpp_type()) {
      case Type::CPPTYPE_INT32:
        AddNumber(Get(of, &pb::Reflection::GetInt32,
                      &pb::Reflection::GetRepeatedInt32),
                  json);
        return true;
      case Type::CPPTYPE_UINT32:
        AddNumber(Get(of, &pb::Reflection::GetUInt32,
                      &pb::Reflection::GetRepeatedUInt32),
                  json);
        return true;
      case Type::CPPTYPE_INT64:
        AddQuoted(Get(of, &pb::Reflection::GetInt64,
                      &pb::Reflection::GetRepeatedInt64),
                  json);
        return true;
      case Type::CPPTYPE_UINT64:
        AddQuoted(Get(of, &pb::Reflection::GetUInt64,
                      &pb::Reflection::GetRepeatedUInt64),
                  json);
        return true;
      case Type::CPPTYPE_DOUBLE:
        AddReal(Get(of, &pb::Reflection::GetDouble,
                    &pb::Reflection::GetRepeatedDouble),
                json);
        return true;
      case Type::CPPTYPE_FLOAT:
        AddReal(Get(of, &pb::Reflection::GetFloat,
                    &pb::Reflection::GetRepeatedFloat),
                json);
        return true;
      case Type::CPPTYPE_BOOL:
        json +=
            Get(of, &pb::Reflection::GetBool, &pb::Reflection::GetRepeatedBool)
                ? "true"
                : "false";
        return true;
      case Type::CPPTYPE_ENUM:
        AddEnum(field_,
                Get(of, &pb::Reflection::GetEnumValue,
                    &pb::Reflection::GetRepeatedEnumValue),
                json);
        return true;
      case Type::CPPTYPE_STRING:
        return AddString(of, json);
      case Type::CPPTYPE_MESSAGE:
        return AddMessage(
            index_ < 0 ? of.GetMessage(message_, &field_)
                       : of.GetRepeatedMessage(message_, &field_, index_),
            json);
    }
    return false;
  }

 private:
  bool AddString(const pb::Reflection& of, std::string& json) const {
    std::string scratch;
    const std::string& text =
        index_ < 0 ? of.GetStringReference(message_, &field_, &scratch)
                   : of.GetRepeatedStringReference(message_, &field_, index_,
                                                   &scratch);
    if (field_.type() != pb::FieldDescriptor::TYPE_BYTES) {
      return AddText(text, json);
    }
    json += '"';
    json += absl::Base64Escape(text);
    json += '"';
    return true;
  }

  const pb::Message& message_;
  const pb::FieldDescriptor& field_;
  int index_;
};

bool AddRepeated(const pb::Message& message, const pb::FieldDescriptor& field,
                 std::string& json) {
  const int count = message.GetReflection()->FieldSize(message, &field);
  json += '[';
  for (int i = 0; i < count; ++i) {
    if (i > 0) {
      json += ',';
    }
    if (!FieldValue(message, field, i).Add(json)) {
      return false;
    }
  }
  json += ']';
  return true;
}

// Messages, members of a oneof and optional fields stand only where they are
// set.
bool IsShown(const pb::Message& message, const pb::FieldDescriptor& field) {
  return !field.has_presence() ||
         message.GetReflection()->HasField(message, &field);
}

bool AddMessage(const pb::Message& message, std::string& json) {
  const pb::Descriptor& type = *message.GetDescriptor();
  if (type.well_known_type() != pb::Descriptor::WELLKNOWNTYPE_UNSPECIFIED) {
    return AddTimestamp(message, json);
  }
  json += '{';
  bool first = true;
  for (int i = 0; i < type.field_count(); ++i) {
    const pb::FieldDescriptor& field = *type.field(i);
    if (field.is_map()) {
      return false;
    }
    if (!field.is_repeated() && !IsShown(message, field)) {
      continue;
    }
    json += first ? "\"" : ",\"";
    first = false;
    json += field.json_name();
    json += "\":";
    if (field.is_repeated() ? !AddRepeated(message, field, json)
                            : !FieldValue(message, field, -1).Add(json)) {
      return false;
    }
  }
  json += '}';
  return true;
}

}  // namespace

bool WriteJson(const pb::Message& message, std::string& json) {
  return AddMessage(message, json);
}

}  // namespace tinyrig::server
