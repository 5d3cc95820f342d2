// The filter text of the list rpcs, checked against a whitelist and turned
// into SQL with bound values. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "server/store/sqlite.h"

namespace tinyrig::server {

/// What a field of a filter means in SQL.
struct FilterField {
  enum class Kind { kText, kJobState, kOrigin, kJobId };
  std::string_view name;    ///< as the caller writes it
  std::string_view column;  ///< as the table calls it
  Kind kind = Kind::kText;
};

struct Condition {
  std::string_view column;
  Value value;
};

inline constexpr size_t kMaxFilterBytes = 2048;
inline constexpr size_t kMaxFilterTerms = 16;

/// `field=value` joined by " AND "; empty gives no conditions. Values may be
/// in double quotes. INVALID_ARGUMENT names what is wrong and lists the fields.
absl::StatusOr<std::vector<Condition>> ParseFilter(
    std::string_view text, std::span<const FilterField> fields);

/// " AND column = ?" for each condition, to follow a WHERE with one term.
std::string FilterSql(std::span<const Condition> conditions);

std::span<const FilterField> JobFilterFields();
std::span<const FilterField> RunFilterFields();

/// "j-12" with prefix "j-" -> 12. INVALID_ARGUMENT for anything else.
absl::StatusOr<int64_t> ParseId(std::string_view prefix, std::string_view text);

}  // namespace tinyrig::server
