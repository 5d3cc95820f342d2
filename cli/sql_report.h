// Answers of `tinyrig sql` in the forms that people and programs read.
#pragma once

#include <string>
#include <string_view>

#include "cli/table.h"
#include "tinyrig/v1/query_service.pb.h"

namespace tinyrig::cli {

/// NULL is empty, bytes are hex.
Table SqlTable(const v1::SqlResponse& response);

/// One object a line, keys in the order of the columns; a name that comes
/// twice gets "_2" behind it. Numbers as numbers, bytes as hex.
std::string SqlJsonLines(const v1::SqlResponse& response);

/// The same as one array.
std::string SqlJson(const v1::SqlResponse& response);

/// A text as JSON with its quotes; `text` is UTF-8.
std::string JsonText(std::string_view text);

}  // namespace tinyrig::cli
