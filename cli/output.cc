#include "cli/output.h"

#include <cstdio>

#include <google/protobuf/util/json_util.h>

#include "cli/exit_code.h"

namespace tinyrig::cli {

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status =
      google::protobuf::util::MessageToJsonString(message, &json, options);
  return status.ok() ? json : "{}\n";
}

void Print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void PrintError(const absl::Status& status) {
  std::fprintf(stderr, "tinyrig: %s\n", std::string(status.message()).c_str());
}

int FailRpc(const absl::Status& status) {
  PrintError(status);
  return ExitCodeOfRpc(status);
}

std::string Rendered(Format format, const Table& table,
                     const google::protobuf::Message& message) {
  switch (format) {
    case Format::kTable:
      return table.Text();
    case Format::kJson:
      return ToJson(message);
    case Format::kCsv:
      return table.Csv();
  }
  return "";
}

void PrintResource(const Context& context, const Table& table,
                   const google::protobuf::Message& message) {
  Print(Rendered(context.format, table, message));
}

}  // namespace tinyrig::cli
