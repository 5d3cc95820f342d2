// One value of a row whose kind is known at run time only: of a filter, of an
// order, of a statement. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace tinyrig::server {

/// Booleans, enums, ids and times (microseconds since the Unix epoch) are
/// int64_t; text is UTF-8. Values of one column hold the same kind.
using Value = std::variant<int64_t, double, std::string>;

}  // namespace tinyrig::server
