#include "server/filter/filter.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"

#include "server/filter/filter_syntax.h"

namespace tinyrig::server {
namespace {

using FieldKind = FilterField::Kind;
using Kind = Filter::Kind;
using Test = Filter::Test;

Filter MakeTest(const FilterField* field, Test test, Value value) {
  Filter filter;
  filter.kind = Kind::kTest;
  filter.field = field;
  filter.test = test;
  filter.value = std::move(value);
  return filter;
}

Filter Join(Kind kind, std::vector<Filter> children) {
  Filter filter;
  filter.kind = kind;
  filter.children = std::move(children);
  return filter;
}

Filter Not(Filter inner) {
  Filter filter;
  filter.kind = Kind::kNot;
  filter.children.push_back(std::move(inner));
  return filter;
}

// kNe and kHas of a kind without text are built from kEq.
Test TestOf(FilterOp op) {
  switch (op) {
    case FilterOp::kLt:
      return Test::kLt;
    case FilterOp::kLe:
      return Test::kLe;
    case FilterOp::kGt:
      return Test::kGt;
    case FilterOp::kGe:
      return Test::kGe;
    default:
      return Test::kEq;
  }
}

bool IsOrder(FilterOp op) {
  return op != FilterOp::kEq && op != FilterOp::kNe && op != FilterOp::kHas;
}

// SQLite's GLOB also knows ? and [...]: these stand for themselves here.
std::string Glob(const FilterWord& word) {
  std::vector<std::string> quoted;
  for (const std::string& piece : word.pieces) {
    std::string& out = quoted.emplace_back();
    for (const char c : piece) {
      const bool special = c == '*' || c == '?' || c == '[';
      out += special ? std::string{'[', c, ']'} : std::string{c};
    }
  }
  return absl::StrJoin(quoted, "*");
}

// ASCII case does not count.
Filter Contains(const FilterField* field, const FilterWord& word) {
  return MakeTest(field, Test::kContains,
                  "*" + absl::AsciiStrToLower(Glob(word)) + "*");
}

absl::StatusOr<Filter> BindText(const FilterField* field, FilterOp op,
                                const FilterWord& word) {
  if (op == FilterOp::kHas) {
    return Contains(field, word);
  }
  if (!word.has_star()) {
    return MakeTest(field, TestOf(op), word.pieces[0]);
  }
  if (IsOrder(op)) {
    return absl::InvalidArgumentError(
        "a star can only be compared by =, != or :");
  }
  return MakeTest(field, Test::kGlob, Glob(word));
}

Value NumberValue(double number) {
  const std::optional<int64_t> whole = AsInteger(number);
  return whole.has_value() ? Value(*whole) : Value(number);
}

absl::StatusOr<Filter> BindTime(const FilterField* field, FilterOp op,
                                const std::string& text, int64_t now_us) {
  ASSIGN_OR_RETURN(const FilterTime time, ParseFilterTime(text, now_us));
  const bool day = time.is_day();
  switch (op) {
    case FilterOp::kLt:
      return MakeTest(field, Test::kLt, time.begin_us);
    case FilterOp::kGe:
      return MakeTest(field, Test::kGe, time.begin_us);
    case FilterOp::kLe:
      return MakeTest(field, day ? Test::kLt : Test::kLe, time.end_us);
    case FilterOp::kGt:
      return MakeTest(field, day ? Test::kGe : Test::kGt, time.end_us);
    default:
      break;
  }
  if (!day) {
    return MakeTest(field, Test::kEq, time.begin_us);
  }
  return Join(Kind::kAnd, {MakeTest(field, Test::kGe, time.begin_us),
                           MakeTest(field, Test::kLt, time.end_us)});
}

absl::StatusOr<int64_t> EnumNumber(const FilterField& field,
                                   const std::string& text) {
  const google::protobuf::EnumDescriptor* names = field.values();
  if (const auto* value = names->FindValueByName(text)) {
    return value->number();
  }
  std::vector<std::string> known;
  for (int i = 0; i < names->value_count(); ++i) {
    if (names->value(i)->number() != 0) {
      known.push_back(names->value(i)->name());
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("no value ", FilterExcerpt(text),
                   "; known: ", absl::StrJoin(known, ", ")));
}

absl::StatusOr<Filter> BindName(const FilterField* field, FilterOp op,
                                const std::string& text) {
  if (IsOrder(op)) {
    return absl::InvalidArgumentError(
        "names have no order: =, != or : is wanted");
  }
  if (field->kind == FieldKind::kEnum) {
    ASSIGN_OR_RETURN(const int64_t number, EnumNumber(*field, text));
    return MakeTest(field, Test::kEq, number);
  }
  if (text != "true" && text != "false") {
    return absl::InvalidArgumentError(
        absl::StrCat("true or false is wanted, got ", FilterExcerpt(text)));
  }
  return MakeTest(field, Test::kEq, int64_t{text == "true" ? 1 : 0});
}

absl::StatusOr<Filter> BindValue(const FilterField* field, FilterOp op,
                                 const FilterWord& word, int64_t now_us) {
  const std::string text = word.Text();
  if (op == FilterOp::kHas && !word.quoted && text == "*") {
    return MakeTest(field, Test::kPresent, int64_t{1});
  }
  switch (field->kind) {
    case FieldKind::kText:
      return BindText(field, op, word);
    case FieldKind::kTime:
      return BindTime(field, op, text, now_us);
    case FieldKind::kEnum:
    case FieldKind::kBool:
      return BindName(field, op, text);
    case FieldKind::kId: {
      ASSIGN_OR_RETURN(const int64_t id, ParseFilterId(field->id_prefix, text));
      return MakeTest(field, TestOf(op), id);
    }
    case FieldKind::kInteger:
    case FieldKind::kReal:
      break;
  }
  ASSIGN_OR_RETURN(const double number, ParseFilterNumber(text, field->unit));
  return MakeTest(field, TestOf(op), NumberValue(number));
}

class Binder {
 public:
  Binder(std::string_view text, std::span<const FilterField> fields,
         int64_t now_us)
      : text_(text), fields_(fields), now_us_(now_us) {}

  absl::StatusOr<Filter> Bind(const FilterNode& node) const {
    if (node.kind == FilterNode::Kind::kRestriction) {
      return node.field.empty() ? Search(node) : Restriction(node);
    }
    Filter filter;
    filter.kind = node.kind == FilterNode::Kind::kAnd  ? Kind::kAnd
                  : node.kind == FilterNode::Kind::kOr ? Kind::kOr
                                                       : Kind::kNot;
    for (const FilterNode& child : node.children) {
      ASSIGN_OR_RETURN(Filter bound, Bind(child));
      filter.children.push_back(std::move(bound));
    }
    return filter;
  }

 private:
  absl::StatusOr<Filter> Restriction(const FilterNode& node) const {
    ASSIGN_OR_RETURN(const FilterField* field, Find(node));
    absl::StatusOr<Filter> bound =
        BindValue(field, node.op, node.value, now_us_);
    if (!bound.ok()) {
      return FilterError(text_, node.value.at,
                         absl::StrCat(node.field, ": ",
                                      std::string(bound.status().message())));
    }
    return node.op == FilterOp::kNe ? Not(*std::move(bound)) : *bound;
  }

  absl::StatusOr<Filter> Search(const FilterNode& node) const {
    Filter any;
    any.kind = Kind::kOr;
    for (const FilterField& field : fields_) {
      if (field.searched) {
        any.children.push_back(Contains(&field, node.value));
      }
    }
    if (any.children.empty()) {
      return FilterError(text_, node.value.at,
                         absl::StrCat("field = value is wanted, got ",
                                      FilterExcerpt(node.value.Text()),
                                      " alone; fields: ", Names()));
    }
    return any;
  }

  absl::StatusOr<const FilterField*> Find(const FilterNode& node) const {
    std::vector<std::string_view> names;
    for (const FilterField& field : fields_) {
      if (field.name == node.field) {
        return &field;
      }
      names.push_back(field.name);
    }
    const std::string_view near = NearestName(node.field, names);
    return FilterError(
        text_, node.field_at,
        absl::StrCat("unknown field ", FilterExcerpt(node.field),
                     near.empty() ? "" : ", did you mean ", std::string(near),
                     near.empty() ? "" : "?", "; fields: ", Names()));
  }

  [[nodiscard]] std::string Names() const {
    std::vector<std::string> names;
    for (const FilterField& field : fields_) {
      names.emplace_back(field.name);
    }
    return absl::StrJoin(names, ", ");
  }

  std::string_view text_;
  std::span<const FilterField> fields_;
  int64_t now_us_;
};

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

absl::StatusOr<Filter> BindFilter(std::string_view text,
                                  std::span<const FilterField> fields,
                                  int64_t now_us) {
  ASSIGN_OR_RETURN(const FilterNode tree, ParseFilterSyntax(text));
  return Binder(text, fields, now_us).Bind(tree);
}

absl::StatusOr<FilterSql> CompileFilter(std::string_view text,
                                        std::span<const FilterField> fields,
                                        int64_t now_us) {
  ASSIGN_OR_RETURN(const Filter filter, BindFilter(text, fields, now_us));
  return ToSql(filter);
}

std::string_view NearestName(std::string_view name,
                             std::span<const std::string_view> names) {
  constexpr size_t kLongest = 40;
  std::string_view best;
  size_t best_distance = std::max<size_t>(name.size() / 3, 1) + 1;
  for (const std::string_view known : names) {
    const size_t distance =
        name.size() > kLongest ? kLongest : EditDistance(name, known);
    if (distance < best_distance) {
      best = known;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace tinyrig::server
