// In which order a list stands, and where a page of it ended. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "server/filter/filter.h"
#include "server/filter/value.h"

namespace tinyrig::server {

struct OrderField {
  enum class Kind { kId, kInteger, kReal, kText };
  std::string_view name;    ///< as the caller writes it
  std::string_view column;  ///< SQL
  Kind kind = Kind::kInteger;
  /// SQL: true for rows that have it, true for those that have not (these
  /// stand last in both directions); empty: all have.
  std::string_view present = "", absent = "";
};

struct Order {
  const OrderField* field = nullptr;
  bool descending = false;
};

/// "field", "field asc" or "field desc"; empty: newest first, which is the
/// first of `fields`, descending. INVALID_ARGUMENT lists the fields.
absl::StatusOr<Order> ParseOrder(std::string_view text,
                                 std::span<const OrderField> fields);

std::span<const OrderField> RunOrderFields();
std::span<const OrderField> JobOrderFields();

/// A row's place: its key (empty: it has none, or the order is by id) and id.
struct ListPlace {
  std::optional<Value> key;
  int64_t id = 0;
};

/// Whether `a` stands in front of `b`.
bool StandsBefore(const ListPlace& a, const ListPlace& b, const Order& order);

/// A place as text and back, exactly. INVALID_ARGUMENT: not one of this order.
std::string EncodePlace(const ListPlace& place);
absl::StatusOr<ListPlace> DecodePlace(std::string_view text,
                                      const Order& order);

struct ListRequest {
  Filter filter;
  Order order;
  std::optional<ListPlace> after;  ///< the last row of the page before
  int limit = 50;
};

template <typename Row>
struct ListPage {
  std::vector<Row> rows;
  std::optional<ListPlace> next;  ///< place of the last row when more follow
};

}  // namespace tinyrig::server
