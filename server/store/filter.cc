#include "server/store/filter.h"

#include <array>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "tinyrig/v1/common.pb.h"
#include "tinyrig/v1/job.pb.h"

namespace tinyrig::server {
namespace {

using Kind = FilterField::Kind;

constexpr std::array kJobFields = {
    FilterField{"state", "state", Kind::kJobState},
    FilterField{"board_id", "board_id"},
    FilterField{"submitter", "submitter"},
    FilterField{"model_name", "model_name"},
};

constexpr std::array kRunFields = {
    FilterField{"board_id", "board_id"},
    FilterField{"model_name", "model_name"},
    FilterField{"model_sha256", "model_sha256"},
    FilterField{"dataset_name", "dataset_name"},
    FilterField{"job_id", "job_id", Kind::kJobId},
    FilterField{"origin", "origin", Kind::kOrigin},
    FilterField{"submitter", "submitter"},
};

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') {
    text.remove_prefix(1);
  }
  while (!text.empty() && text.back() == ' ') {
    text.remove_suffix(1);
  }
  return text;
}

absl::StatusOr<const FilterField*> FindField(
    std::string_view name, std::span<const FilterField> fields) {
  std::vector<std::string> names;
  for (const FilterField& field : fields) {
    if (field.name == name) {
      return &field;
    }
    names.emplace_back(field.name);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("filter: unknown field \"", std::string(name),
                   "\"; known: ", absl::StrJoin(names, ", ")));
}

absl::StatusOr<Condition> ParseTerm(std::string_view term,
                                    std::span<const FilterField> fields) {
  const size_t equals = term.find('=');
  if (equals == std::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        "filter: \"", std::string(term), "\": field=value is wanted"));
  }
  ASSIGN_OR_RETURN(const FilterField* field,
                   FindField(Trim(term.substr(0, equals)), fields));
  std::string_view raw = Trim(term.substr(equals + 1));
  if (raw.size() >= 2 && raw.front() == '"' && raw.back() == '"') {
    raw = raw.substr(1, raw.size() - 2);
  }
  const std::string value(raw);
  if (field->kind == Kind::kText) {
    return Condition{field->column, value};
  }
  if (field->kind == Kind::kJobId) {
    ASSIGN_OR_RETURN(const int64_t number, ParseId("j-", value));
    return Condition{field->column, number};
  }
  v1::Job::State state{};
  v1::Origin origin{};
  const bool known = field->kind == Kind::kJobState
                         ? v1::Job::State_Parse(value, &state)
                         : v1::Origin_Parse(value, &origin);
  if (!known) {
    return absl::InvalidArgumentError(absl::StrCat(
        "filter: ", std::string(field->name), " has no value \"", value, "\""));
  }
  const int number = field->kind == Kind::kJobState ? static_cast<int>(state)
                                                    : static_cast<int>(origin);
  return Condition{field->column, static_cast<int64_t>(number)};
}

}  // namespace

absl::StatusOr<std::vector<Condition>> ParseFilter(
    std::string_view text, std::span<const FilterField> fields) {
  std::vector<Condition> conditions;
  if (Trim(text).empty()) {
    return conditions;
  }
  if (text.size() > kMaxFilterBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("filter: ", text.size(), " characters, at most ",
                     kMaxFilterBytes, " are allowed"));
  }
  const std::vector<std::string> terms =
      absl::StrSplit(absl::string_view(text.data(), text.size()), " AND ");
  if (terms.size() > kMaxFilterTerms) {
    return absl::InvalidArgumentError(
        absl::StrCat("filter: ", terms.size(), " terms, at most ",
                     kMaxFilterTerms, " are allowed"));
  }
  for (const std::string& term : terms) {
    ASSIGN_OR_RETURN(Condition condition, ParseTerm(term, fields));
    conditions.push_back(std::move(condition));
  }
  return conditions;
}

std::string FilterSql(std::span<const Condition> conditions) {
  std::string sql;
  for (const Condition& condition : conditions) {
    sql += " AND " + std::string(condition.column) + " = ?";
  }
  return sql;
}

std::span<const FilterField> JobFilterFields() {
  return kJobFields;
}
std::span<const FilterField> RunFilterFields() {
  return kRunFields;
}

absl::StatusOr<int64_t> ParseId(std::string_view prefix,
                                std::string_view text) {
  int64_t number = 0;
  if (text.starts_with(prefix)) {
    const std::string digits(text.substr(prefix.size()));
    const bool plain =
        !digits.empty() &&
        digits.find_first_not_of("0123456789") == std::string::npos;
    if (plain && absl::SimpleAtoi(digits, &number) && number > 0) {
      return number;
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("id \"", std::string(text.substr(0, 80)), "\": \"",
                   std::string(prefix), "\" and a number is wanted"));
}

}  // namespace tinyrig::server
