// Runs in another order than newest first.
#include <array>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"

#include "server/api/page_token.h"
#include "server/query/query_api.h"

namespace tinyrig::server {
namespace {

struct OrderField {
  std::string_view name;
  std::string_view sql;
};

// Runs without samples have no top-1 and stand last either way.
constexpr std::array<OrderField, 7> kOrderFields = {{
    {"create_time", "id"},
    {"model_name", "model_name"},
    {"board_id", "board_id"},
    {"us_p50", "cycles_p50 * 1e6 / max(clock_hz, 1)"},
    {"sram_bytes", "memory_bytes"},
    {"flash_bytes", "flash_bytes"},
    {"top1", "CASE WHEN total > 0 THEN correct * 1.0 / total END"},
}};

absl::StatusOr<std::string> OrderSql(std::string text) {
  std::string_view direction = "";
  std::string_view name = text;
  if (name.ends_with(" desc")) {
    name.remove_suffix(5);
    direction = " DESC";
  }
  std::vector<std::string> names;
  for (const OrderField& field : kOrderFields) {
    if (field.name == name) {
      return absl::StrCat(" ORDER BY ", std::string(field.sql),
                          std::string(direction), " NULLS LAST, id DESC");
    }
    names.emplace_back(field.name);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("order_by: \"", text.substr(0, 80), "\": one of ",
                   absl::StrJoin(names, ", "),
                   " is wanted, with \" desc\" behind it for largest first"));
}

}  // namespace

// Pages by offset: with this order new rows may stand anywhere, so a cursor by
// id would not hold either.
absl::StatusOr<v1::ListRunsResponse> QueryApi::ListRunsBy(
    const Caller& caller, const v1::ListRunsRequest& request,
    const std::string& order_by) {
  RETURN_IF_ERROR(check_(caller, Scope::kRead));
  ASSIGN_OR_RETURN(const std::string order, OrderSql(order_by));
  ASSIGN_OR_RETURN(const int size, CheckPageSize(request.page_size()));
  ASSIGN_OR_RETURN(const auto filter,
                   ParseFilter(request.filter(), RunFilterFields()));
  const std::string list = "runs by " + order_by;
  ASSIGN_OR_RETURN(const int64_t offset,
                   ReadIdToken(list, request.filter(), request.page_token()));
  std::vector<Value> values;
  for (const Condition& condition : filter) {
    values.push_back(condition.value);
  }
  values.emplace_back(int64_t{size} + 1);
  values.emplace_back(offset);
  const std::lock_guard lock(mutex_);
  // Sorted without the details, which are fetched for one page only.
  ASSIGN_OR_RETURN(
      Query row,
      reader_.SelectValues("SELECT id, detail FROM runs JOIN (SELECT id AS "
                           "wanted, row_number() OVER () AS place FROM (SELECT "
                           "id FROM runs WHERE 1" +
                               ConditionsSql(filter) + order +
                               " LIMIT ? OFFSET ?)) ON id = wanted ORDER BY "
                               "place",
                           values));
  v1::ListRunsResponse response;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return response;
    }
    if (response.runs_size() == size) {
      response.set_next_page_token(
          MakePageToken(list, request.filter(), absl::StrCat(offset + size)));
      return response;
    }
    v1::Run* run = response.add_runs();
    run->ParseFromString(row.Bytes(1));
    run->set_id(absl::StrCat("r-", row.Int(0)));
  }
}

}  // namespace tinyrig::server
