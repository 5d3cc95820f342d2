// Which rows a page has: their places, found by the index that suits.
// list_reader.h says how.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "server/request/list_order.h"
#include "server/store/list_reader.h"
#include "server/store/sqlite.h"

namespace tinyrig::server {

/// The first `wanted` places behind `request.after`.
absl::StatusOr<std::vector<ListPlace>> FindPlaces(Database& database,
                                                  const ListTable& table,
                                                  const ListRequest& request,
                                                  size_t wanted);

// What follows is between list_places.cc, list_groups.cc and the overview.

/// SQL in the making.
struct SqlText {
  std::string text;
  std::vector<Value> values;
  SqlText& Add(std::string_view more);
  SqlText& Add(const FilterSql& condition);  ///< " AND (...)"
  SqlText& Bind(const Value& value);
};

/// A part of a list whose rows all have a key, or all have none.
struct ListSegment {
  bool with_key = true;
  std::optional<ListPlace> after;
};

/// "SELECT key, id"
SqlText SelectPlace(const Order& order);
/// Runs `head` ("SELECT key, id ... WHERE ...") for the rows of a segment
/// behind its `after`, at most `limit`, until `take` says false.
absl::Status ReadSegment(
    Database& database, const SqlText& head, const Order& order,
    const ListSegment& segment, int64_t limit,
    const std::function<bool(ListPlace&&, const Query&)>& take);

/// Conditions on the group of a run alone, and all others; both hold.
struct SplitFilter {
  Filter group, rest;
};
SplitFilter SplitByGroup(const Filter& filter);

struct RunGroup {
  int64_t id = 0;
  Value key = int64_t{0};  ///< of an order by text
};
/// Groups that pass, in the order of their key.
absl::StatusOr<std::vector<RunGroup>> GroupsOf(Database& database,
                                               const Filter& filter,
                                               const Order& order);

/// Appends places of a segment until there are `wanted`.
absl::Status MergeGroups(Database& database, const Order& order,
                         const FilterSql& rest, const ListSegment& segment,
                         const std::vector<RunGroup>& groups, size_t wanted,
                         std::vector<ListPlace>& places);

}  // namespace tinyrig::server
