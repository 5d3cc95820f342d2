#include "server/http/openapi.h"

#include <map>
#include <set>

#include "absl/strings/str_cat.h"

#include "server/http/json.h"

namespace tinyrig::server {
namespace {

namespace pb = google::protobuf;

std::string Ref(const pb::Descriptor& message) {
  return "{\"$ref\":\"#/components/schemas/" + message.name() + "\"}";
}

// What proto3 JSON makes of one value.
std::string ScalarSchema(const pb::FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_INT64:
      return R"({"type":"string","format":"int64"})";
    case pb::FieldDescriptor::CPPTYPE_UINT64:
      return R"({"type":"string","format":"uint64"})";
    case pb::FieldDescriptor::CPPTYPE_INT32:
    case pb::FieldDescriptor::CPPTYPE_UINT32:
      return R"({"type":"integer","format":"int32"})";
    case pb::FieldDescriptor::CPPTYPE_DOUBLE:
      return R"({"type":"number","format":"double"})";
    case pb::FieldDescriptor::CPPTYPE_FLOAT:
      return R"({"type":"number","format":"float"})";
    case pb::FieldDescriptor::CPPTYPE_BOOL:
      return R"({"type":"boolean"})";
    case pb::FieldDescriptor::CPPTYPE_ENUM: {
      std::string names;
      for (int i = 0; i < field.enum_type()->value_count(); ++i) {
        names += (i == 0 ? "" : ",") +
                 JsonString(field.enum_type()->value(i)->name());
      }
      return R"({"type":"string","enum":[)" + names + "]}";
    }
    case pb::FieldDescriptor::CPPTYPE_STRING:
      return field.type() == pb::FieldDescriptor::TYPE_BYTES
                 ? R"({"type":"string","format":"byte"})"
                 : R"({"type":"string"})";
    case pb::FieldDescriptor::CPPTYPE_MESSAGE:
      return field.message_type()->full_name() == "google.protobuf.Timestamp"
                 ? R"({"type":"string","format":"date-time"})"
                 : Ref(*field.message_type());
  }
  return "{}";
}

std::string FieldSchema(const pb::FieldDescriptor& field) {
  return field.is_repeated()
             ? R"({"type":"array","items":)" + ScalarSchema(field) + "}"
             : ScalarSchema(field);
}

using Schemas = std::map<std::string, std::string>;

void Collect(const pb::Descriptor& message, Schemas& schemas) {
  if (message.full_name() == "google.protobuf.Timestamp" ||
      schemas.contains(message.name())) {
    return;
  }
  schemas[message.name()] = "";  // under way: messages may hold themselves
  std::string properties;
  for (int i = 0; i < message.field_count(); ++i) {
    const pb::FieldDescriptor& field = *message.field(i);
    properties += (i == 0 ? "" : ",") + JsonString(field.json_name()) + ":" +
                  FieldSchema(field);
    if (field.message_type() != nullptr) {
      Collect(*field.message_type(), schemas);
    }
  }
  schemas[message.name()] =
      R"({"type":"object","properties":{)" + properties + "}}";
}

std::set<std::string> VariablesOf(const std::string& pattern) {
  std::set<std::string> names;
  for (size_t at = pattern.find('{'); at != std::string::npos;
       at = pattern.find('{', at + 1)) {
    names.insert(pattern.substr(at + 1, pattern.find('}', at) - at - 1));
  }
  return names;
}

void AddParameter(std::string& list, const std::string& name, const char* in,
                  const std::string& schema) {
  list += (list.empty() ? "" : ",") + ("{\"name\":" + JsonString(name)) +
          ",\"in\":\"" + in + "\",\"required\":" +
          (std::string_view(in) == "path" ? "true" : "false") +
          ",\"schema\":" + schema + "}";
}

std::string Parameters(const Route& route) {
  const std::set<std::string> variables = VariablesOf(route.pattern);
  std::string list;
  for (const std::string& name : variables) {
    AddParameter(list, name, "path", R"({"type":"string"})");
  }
  if (route.method == "GET" && route.request != nullptr) {
    for (int i = 0; i < route.request->field_count(); ++i) {
      const pb::FieldDescriptor& field = *route.request->field(i);
      if (!variables.contains(field.name())) {
        AddParameter(list, field.json_name(), "query", FieldSchema(field));
      }
    }
  }
  for (const std::string& name : route.extra_query) {
    AddParameter(list, name, "query", R"({"type":"string"})");
  }
  return list;
}

std::string Operation(const Route& route, Schemas& schemas) {
  // An operationId may stand only once, so an rpc has one route.
  const std::string id =
      route.rpc.empty() ? "" : "\"operationId\":" + JsonString(route.rpc) + ",";
  std::string text = "{" + id + "\"summary\":" + JsonString(route.summary) +
                     ",\"parameters\":[" + Parameters(route) + "]";
  if (route.method == "POST" && route.request != nullptr) {
    Collect(*route.request, schemas);
    text += R"(,"requestBody":{"content":{"application/json":{"schema":)" +
            Ref(*route.request) + "}}}";
  } else if (route.raw_body) {
    text +=
        R"(,"requestBody":{"content":{"application/octet-stream":{"schema":)"
        R"({"type":"string","format":"binary"}}}})";
  }
  std::string schema = R"({"type":"string"})";
  if (route.response != nullptr) {
    Collect(*route.response, schemas);
    schema = Ref(*route.response);
  }
  return text + R"(,"responses":{"200":{"description":"OK","content":{)" +
         JsonString(route.content_type) + ":{\"schema\":" + schema +
         R"(}}},"default":{"description":"Refused","content":{)"
         R"("application/json":{"schema":{"$ref":"#/components/schemas/Error"})"
         "}}}}}";
}

}  // namespace

std::string OpenApi(const Router& router, const std::string& version) {
  Schemas schemas;
  schemas["Error"] =
      R"({"type":"object","properties":{"error":{"type":"object","properties":)"
      R"({"code":{"type":"string"},"message":{"type":"string"}}}}})";
  std::map<std::string, std::string> paths;
  for (const Route& route : router.routes()) {
    std::string& operations = paths[route.pattern];
    const std::string key = route.method == "GET" ? "get" : "post";
    operations += (operations.empty() ? "" : ",") + ("\"" + key + "\":") +
                  Operation(route, schemas);
  }
  std::string text =
      "{\"openapi\":\"3.0.3\",\"info\":{\"title\":\"tinyrig\","
      "\"version\":" +
      JsonString(version) + "},\"paths\":{";
  const char* comma = "";
  for (const auto& [pattern, operations] : paths) {
    text += comma + JsonString(pattern) + ":{" + operations + "}";
    comma = ",";
  }
  text += "},\"components\":{\"schemas\":{";
  comma = "";
  for (const auto& [name, schema] : schemas) {
    text += comma + JsonString(name) + ":" + schema;
    comma = ",";
  }
  return text + "}}}\n";
}

}  // namespace tinyrig::server
