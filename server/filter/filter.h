// Filters (docs/FILTER.md): bound to the fields of one list, then either SQL
// with bound values or a test of a row in memory. Values never become SQL
// text. Pure: the clock is an argument.
//
//   text --filter_syntax--> tree of words --BindFilter--> Filter --+--> SQL
//                                                                 +--> Matches
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/descriptor.h>

#include "base/status.h"
#include "server/filter/filter_value.h"
#include "server/filter/value.h"

namespace tinyrig::server {

/// What a field of a filter is, and what it means in SQL.
struct FilterField {
  enum class Kind { kText, kInteger, kReal, kTime, kBool, kEnum, kId };
  std::string_view name;    ///< as the caller writes it
  std::string_view column;  ///< SQL: a column or an expression
  Kind kind = Kind::kText;
  FilterUnit unit = FilterUnit::kNone;  ///< kInteger, kReal
  /// SQL that is true for rows that have the field; empty: all have. A row
  /// without it meets no comparison, so `NOT f = x` holds for it.
  std::string_view present = "";
  /// kEnum: its names.
  const google::protobuf::EnumDescriptor* (*values)() = nullptr;
  std::string_view id_prefix = "";  ///< kId: "j-"
  bool searched = false;            ///< a value alone looks here
  bool indexed = false;             ///< an index begins with `column`
  /// Equal for all runs of a group (run_groups).
  bool grouped = false;
};

/// A filter with fields and values found.
struct Filter {
  enum class Kind { kAnd, kOr, kNot, kTest };
  enum class Test { kEq, kLt, kLe, kGt, kGe, kGlob, kContains, kPresent };
  Kind kind = Kind::kAnd;  ///< without children: everything passes
  std::vector<Filter> children;

  // kTest. A glob of kContains is of lower-case text.
  const FilterField* field = nullptr;
  Test test = Test::kEq;
  Value value = int64_t{0};

  [[nodiscard]] bool empty() const {
    return kind == Kind::kAnd && children.empty();
  }
};

/// A condition as SQL: "" (everything passes) or "(...)".
struct FilterSql {
  std::string where;
  std::vector<Value> values;  ///< for each "?", in order

  [[nodiscard]] bool empty() const { return where.empty(); }
  /// " AND (...)", to follow a WHERE with one term; "" for everything.
  [[nodiscard]] std::string And() const {
    return where.empty() ? "" : " AND " + where;
  }
};

/// `now_us`: microseconds since the Unix epoch, for times like "-24h".
/// INVALID_ARGUMENT: the column, what was found, what would do.
absl::StatusOr<Filter> BindFilter(std::string_view text,
                                  std::span<const FilterField> fields,
                                  int64_t now_us);

FilterSql ToSql(const Filter& filter);

/// BindFilter, then ToSql.
absl::StatusOr<FilterSql> CompileFilter(std::string_view text,
                                        std::span<const FilterField> fields,
                                        int64_t now_us);

/// The value of a field in a row; empty: the row has none. Texts as text,
/// all other kinds as numbers (times in microseconds, enums and ids as theirs).
using FilterRow = std::function<std::optional<Value>(const FilterField& field)>;

/// What SQL would say of the same row.
bool Matches(const Filter& filter, const FilterRow& row);

/// The tables of docs/FILTER.md.
std::span<const FilterField> RunFilterFields();         ///< table runs
std::span<const FilterField> JobFilterFields();         ///< table jobs
std::span<const FilterField> BoardFilterFields();       ///< for Matches only
std::span<const FilterField> PredictionFilterFields();  ///< aliases p and s

/// The name of `names` that is most like `name`; empty: none is.
std::string_view NearestName(std::string_view name,
                             std::span<const std::string_view> names);

}  // namespace tinyrig::server
