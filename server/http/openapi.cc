#include "server/http/openapi.h"

#include <set>

#include <google/protobuf/timestamp.pb.h>

#include <nlohmann/json.hpp>

namespace tinyrig::server {
namespace {

namespace pb = google::protobuf;
/// Names stay in the order in which they were put in.
using Json = nlohmann::ordered_json;

bool IsTimestamp(const pb::Descriptor& message) {
  return &message == pb::Timestamp::descriptor();
}

Json Ref(const std::string& schema) {
  return {{"$ref", "#/components/schemas/" + schema}};
}

Json Plain(const char* type) {
  return {{"type", type}};
}

Json Formatted(const char* type, const char* format) {
  return {{"type", type}, {"format", format}};
}

Json Content(const std::string& type, Json schema) {
  return {{type, {{"schema", std::move(schema)}}}};
}

Json EnumSchema(const pb::EnumDescriptor& type) {
  Json schema = Plain("string");
  for (int i = 0; i < type.value_count(); ++i) {
    schema["enum"].push_back(type.value(i)->name());
  }
  return schema;
}

// What proto3 JSON makes of one value.
Json ValueSchema(const pb::FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_INT64:
      return Formatted("string", "int64");
    case pb::FieldDescriptor::CPPTYPE_UINT64:
      return Formatted("string", "uint64");
    case pb::FieldDescriptor::CPPTYPE_INT32:
    case pb::FieldDescriptor::CPPTYPE_UINT32:
      return Formatted("integer", "int32");
    case pb::FieldDescriptor::CPPTYPE_DOUBLE:
      return Formatted("number", "double");
    case pb::FieldDescriptor::CPPTYPE_FLOAT:
      return Formatted("number", "float");
    case pb::FieldDescriptor::CPPTYPE_BOOL:
      return Plain("boolean");
    case pb::FieldDescriptor::CPPTYPE_ENUM:
      return EnumSchema(*field.enum_type());
    case pb::FieldDescriptor::CPPTYPE_STRING:
      return field.type() == pb::FieldDescriptor::TYPE_BYTES
                 ? Formatted("string", "byte")
                 : Plain("string");
    case pb::FieldDescriptor::CPPTYPE_MESSAGE:
      return IsTimestamp(*field.message_type())
                 ? Formatted("string", "date-time")
                 : Ref(field.message_type()->name());
  }
  return Json::object();
}

Json FieldSchema(const pb::FieldDescriptor& field) {
  if (field.is_repeated()) {
    return {{"type", "array"}, {"items", ValueSchema(field)}};
  }
  return ValueSchema(field);
}

using Schemas = std::map<std::string, Json>;

// The message and all that it holds.
void Collect(const pb::Descriptor& message, Schemas& schemas) {
  if (IsTimestamp(message) || schemas.contains(message.name())) {
    return;
  }
  schemas[message.name()] = {};  // under way: messages may hold themselves
  Json properties = Json::object();
  for (int i = 0; i < message.field_count(); ++i) {
    const pb::FieldDescriptor& field = *message.field(i);
    properties[field.json_name()] = FieldSchema(field);
    if (field.message_type() != nullptr) {
      Collect(*field.message_type(), schemas);
    }
  }
  schemas[message.name()] = {{"type", "object"},
                             {"properties", std::move(properties)}};
}

std::set<std::string> VariablesOf(const std::string& pattern) {
  std::set<std::string> names;
  for (size_t at = pattern.find('{'); at != std::string::npos;
       at = pattern.find('{', at + 1)) {
    names.insert(pattern.substr(at + 1, pattern.find('}', at) - at - 1));
  }
  return names;
}

Json Parameter(const std::string& name, const char* in, Json schema) {
  return {{"name", name},
          {"in", in},
          {"required", std::string_view(in) == "path"},
          {"schema", std::move(schema)}};
}

Json Parameters(const Route& route) {
  const std::set<std::string> variables = VariablesOf(route.pattern);
  Json list = Json::array();
  for (const std::string& name : variables) {
    list.push_back(Parameter(name, "path", Plain("string")));
  }
  if (route.method == "GET" && route.request != nullptr) {
    for (int i = 0; i < route.request->field_count(); ++i) {
      const pb::FieldDescriptor& field = *route.request->field(i);
      if (!variables.contains(field.name())) {
        list.push_back(
            Parameter(field.json_name(), "query", FieldSchema(field)));
      }
    }
  }
  for (const std::string& name : route.extra_query) {
    list.push_back(Parameter(name, "query", Plain("string")));
  }
  return list;
}

Json Responses(const Route& route) {
  const Json schema =
      route.response != nullptr ? Ref(route.response->name()) : Plain("string");
  return {{"200",
           {{"description", "OK"},
            {"content", Content(route.content_type, schema)}}},
          {"default",
           {{"description", "Refused"},
            {"content", Content("application/json", Ref("Error"))}}}};
}

Json Operation(const Route& route) {
  Json operation = Json::object();
  if (!route.rpc.empty()) {
    // May stand only once in a document, so an rpc has one route.
    operation["operationId"] = route.rpc;
  }
  operation["summary"] = route.summary;
  operation["parameters"] = Parameters(route);
  if (route.method == "POST" && route.request != nullptr) {
    operation["requestBody"]["content"] =
        Content("application/json", Ref(route.request->name()));
  } else if (route.raw_body) {
    operation["requestBody"]["content"] =
        Content("application/octet-stream", Formatted("string", "binary"));
  }
  operation["responses"] = Responses(route);
  return operation;
}

Json ErrorSchema() {
  const Json error = {
      {"type", "object"},
      {"properties",
       {{"code", Plain("string")}, {"message", Plain("string")}}}};
  return {{"type", "object"}, {"properties", {{"error", error}}}};
}

}  // namespace

std::string OpenApi(const Router& router, const std::string& version) {
  Schemas schemas = {{"Error", ErrorSchema()}};
  std::map<std::string, Json> paths;
  for (const Route& route : router.routes()) {
    paths[route.pattern][route.method == "GET" ? "get" : "post"] =
        Operation(route);
    if (route.method == "POST" && route.request != nullptr) {
      Collect(*route.request, schemas);
    }
    if (route.response != nullptr) {
      Collect(*route.response, schemas);
    }
  }
  const Json document = {{"openapi", "3.0.3"},
                         {"info", {{"title", "tinyrig"}, {"version", version}}},
                         {"paths", paths},
                         {"components", {{"schemas", schemas}}}};
  return document.dump() + "\n";
}

}  // namespace tinyrig::server
