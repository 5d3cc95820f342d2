// absl::Status and absl::StatusOr by one name, and three helpers. What each
// code means here (docs/CONVENTIONS.md, "Errors"):
//   INVALID_ARGUMENT    the model or the request is wrong
//   FAILED_PRECONDITION it does not fit this board, or not in this state
//   UNIMPLEMENTED       an operator or a property of it is not supported
//   UNAVAILABLE         a board, an agent or a server is away: retry
//   DEADLINE_EXCEEDED   a board was silent for too long
//   DATA_LOSS           a checksum or a verify failed
//   RESOURCE_EXHAUSTED  a queue, a disk or a limit is full
//   INTERNAL            our bug
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace tinyrig::base {

/// The same code, the message led by `context`: "flashing board-3: no answer".
/// OK stays OK.
inline absl::Status WithContext(const absl::Status& status,
                                std::string_view context) {
  if (status.ok()) {
    return status;
  }
  return absl::Status(status.code(), absl::StrCat(std::string(context), ": ",
                                                  status.message()));
}

}  // namespace tinyrig::base

#define TINYRIG_CONCAT_INNER(a, b) a##b
#define TINYRIG_CONCAT(a, b) TINYRIG_CONCAT_INNER(a, b)

/// Leaves the function with the status when it is not OK.
#define RETURN_IF_ERROR(expression)                                       \
  do {                                                                    \
    if (absl::Status status_macro_ = (expression); !status_macro_.ok()) { \
      return status_macro_;                                               \
    }                                                                     \
  } while (false)

/// ASSIGN_OR_RETURN(auto bytes, ReadFile(path));
#define ASSIGN_OR_RETURN(left, expression) \
  ASSIGN_OR_RETURN_INNER(TINYRIG_CONCAT(status_or_, __LINE__), left, expression)
#define ASSIGN_OR_RETURN_INNER(holder, left, expression) \
  auto holder = (expression);                            \
  if (!holder.ok()) {                                    \
    return holder.status();                              \
  }                                                      \
  left = *std::move(holder)
