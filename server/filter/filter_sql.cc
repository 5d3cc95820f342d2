// A bound filter as SQL, and the same question asked of a row in memory.
#include <algorithm>

#include "absl/strings/ascii.h"

#include "server/filter/filter.h"
#include "server/filter/glob.h"

namespace tinyrig::server {
namespace {

using Kind = Filter::Kind;
using Test = Filter::Test;

std::string_view OperatorOf(Test test) {
  switch (test) {
    case Test::kLt:
      return " < ?";
    case Test::kLe:
      return " <= ?";
    case Test::kGt:
      return " > ?";
    case Test::kGe:
      return " >= ?";
    case Test::kGlob:
    case Test::kContains:
      return " GLOB ?";
    default:
      return " = ?";
  }
}

void AppendTest(const Filter& filter, FilterSql& sql) {
  const FilterField& field = *filter.field;
  const std::string present(field.present);
  const std::string column(field.column);
  if (filter.test == Test::kPresent) {
    const bool text = field.kind == FilterField::Kind::kText;
    sql.where += text              ? "(" + column + " <> '')"
                 : present.empty() ? "1"
                                   : "(" + present + ")";
    return;
  }
  sql.where += "(";
  if (!present.empty()) {
    sql.where += present + " AND ";
  }
  sql.where +=
      filter.test == Test::kContains ? "lower(" + column + ")" : column;
  sql.where += OperatorOf(filter.test);
  sql.where += ")";
  sql.values.push_back(filter.value);
}

void Append(const Filter& filter, FilterSql& sql) {
  if (filter.kind == Kind::kTest) {
    AppendTest(filter, sql);
    return;
  }
  if (filter.children.empty()) {
    sql.where += filter.kind == Kind::kOr ? "0" : "1";
    return;
  }
  sql.where += filter.kind == Kind::kNot ? "(NOT " : "(";
  for (const Filter& child : filter.children) {
    if (&child != &filter.children.front()) {
      sql.where += filter.kind == Kind::kAnd ? " AND " : " OR ";
    }
    Append(child, sql);
  }
  sql.where += ")";
}

double AsReal(const Value& value) {
  const auto* whole = std::get_if<int64_t>(&value);
  return whole != nullptr ? static_cast<double>(*whole)
                          : std::get<double>(value);
}

// -1, 0, 1. Both are texts, or neither is.
int Compare(const Value& a, const Value& b) {
  const auto sign = [](const auto& x, const auto& y) {
    return x < y ? -1 : (y < x ? 1 : 0);
  };
  if (const auto* text = std::get_if<std::string>(&a)) {
    return sign(*text, std::get<std::string>(b));
  }
  if (std::holds_alternative<int64_t>(a) &&
      std::holds_alternative<int64_t>(b)) {
    return sign(std::get<int64_t>(a), std::get<int64_t>(b));
  }
  return sign(AsReal(a), AsReal(b));
}

bool Passes(const Filter& filter, const Value& found) {
  switch (filter.test) {
    case Test::kPresent: {
      const auto* text = std::get_if<std::string>(&found);
      return text == nullptr || !text->empty();
    }
    case Test::kGlob:
      return MatchesGlob(std::get<std::string>(filter.value),
                         std::get<std::string>(found));
    case Test::kContains:
      return MatchesGlob(std::get<std::string>(filter.value),
                         absl::AsciiStrToLower(std::get<std::string>(found)));
    case Test::kLt:
      return Compare(found, filter.value) < 0;
    case Test::kLe:
      return Compare(found, filter.value) <= 0;
    case Test::kGt:
      return Compare(found, filter.value) > 0;
    case Test::kGe:
      return Compare(found, filter.value) >= 0;
    case Test::kEq:
      break;
  }
  return Compare(found, filter.value) == 0;
}

}  // namespace

FilterSql ToSql(const Filter& filter) {
  FilterSql sql;
  if (!filter.empty()) {
    Append(filter, sql);
  }
  return sql;
}

bool Matches(const Filter& filter, const FilterRow& row) {
  const auto matches = [&](const Filter& child) { return Matches(child, row); };
  switch (filter.kind) {
    case Kind::kAnd:
      return std::ranges::all_of(filter.children, matches);
    case Kind::kOr:
      return std::ranges::any_of(filter.children, matches);
    case Kind::kNot:
      return !matches(filter.children.front());
    case Kind::kTest:
      break;
  }
  const std::optional<Value> found = row(*filter.field);
  return found.has_value() && Passes(filter, *found);
}

}  // namespace tinyrig::server
