// What every command shares: where the server is, how to print.
#pragma once

#include <string>

#include <google/protobuf/message.h>

#include "base/status.h"
#include "cli/table.h"
#include "client/lab_client.h"

namespace tinyrig::cli {

enum class Format { kTable, kJson, kCsv };

struct Context {
  std::string server = client::kDefaultServer;
  Format format = Format::kTable;
};

/// Proto3 JSON of a resource, zero values included.
std::string ToJson(const google::protobuf::Message& message);

/// Standard output; a closed pipe is no news (exit stays 0).
void Print(const std::string& text);

/// "tinyrig: message" on standard error.
void PrintError(const absl::Status& status);

/// Prints the error of an rpc and gives its exit code.
int FailRpc(const absl::Status& status);

/// The table as text or CSV, the message as JSON. Pure.
std::string Rendered(Format format, const Table& table,
                     const google::protobuf::Message& message);

/// The same to standard output, by context.format.
void PrintResource(const Context& context, const Table& table,
                   const google::protobuf::Message& message);

}  // namespace tinyrig::cli
