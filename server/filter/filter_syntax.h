// The grammar of docs/FILTER.md: text -> tree of restrictions. Knows no
// fields and no SQL. Pure; safe on hostile input (depth and length limited).
//
//   expression := factor { "AND" factor }
//   factor     := term { "OR" term }
//   term       := { "NOT" | "-" } ( "(" expression ")" | restriction )
//   restriction:= value | field operator value
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace tinyrig::server {

inline constexpr size_t kMaxFilterBytes = 2048;
inline constexpr size_t kMaxFilterTerms = 32;
inline constexpr size_t kMaxFilterDepth = 16;
inline constexpr size_t kMaxFilterStars = 8;

enum class FilterOp { kEq, kNe, kLt, kLe, kGt, kGe, kHas };

/// "<=" and so on.
std::string_view FilterOpText(FilterOp op);

/// A value as written. A star outside of quotes or in them parts the pieces;
/// "\*" in quotes is a star of the text itself.
struct FilterWord {
  std::vector<std::string> pieces = {""};
  size_t at = 0;  ///< byte in the filter
  bool quoted = false;

  [[nodiscard]] bool has_star() const { return pieces.size() > 1; }
  /// With stars as stars.
  [[nodiscard]] std::string Text() const;
};

struct FilterNode {
  enum class Kind { kAnd, kOr, kNot, kRestriction };
  Kind kind = Kind::kRestriction;
  std::vector<FilterNode> children;

  // Of a restriction. No field: a value alone.
  std::string field;
  size_t field_at = 0;
  FilterOp op = FilterOp::kHas;
  FilterWord value;
};

/// The tree; empty text (or blanks) gives a kAnd without children.
/// INVALID_ARGUMENT: "filter, column 7: got X, Y is wanted".
absl::StatusOr<FilterNode> ParseFilterSyntax(std::string_view text);

/// INVALID_ARGUMENT led by the column (from 1, in characters) of byte `at`.
absl::Status FilterError(std::string_view text, size_t at,
                         const std::string& message);

/// At most 40 characters of `text`, whole UTF-8 ones, in double quotes.
std::string FilterExcerpt(std::string_view text);

}  // namespace tinyrig::server
