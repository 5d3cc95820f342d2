#include "server/request/list_order.h"

#include <array>
#include <bit>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

#include "server/filter/filter_syntax.h"

namespace tinyrig::server {
namespace {

using Kind = OrderField::Kind;

constexpr std::array<OrderField, 7> kRunOrders = {{
    {"create_time", "create_us"},
    {"model_name", "model_name", Kind::kText},
    {"board_id", "board_id", Kind::kText},
    {"us_p50", "us_p50", Kind::kReal, "us_p50 IS NOT NULL", "us_p50 IS NULL"},
    {"sram_bytes", "memory_bytes"},
    {"flash_bytes", "flash_bytes"},
    {"top1", "top1", Kind::kReal, "top1 IS NOT NULL", "top1 IS NULL"},
}};

// Jobs are numbered in the order of their submission.
constexpr std::array<OrderField, 3> kJobOrders = {{
    {"create_time", "id", Kind::kId},
    {"end_time", "end_us", Kind::kInteger, "end_us > 0", "end_us = 0"},
    {"priority", "priority"},
}};

absl::Status UnknownOrder(std::string_view text,
                          std::span<const OrderField> fields) {
  std::vector<std::string_view> names;
  std::vector<std::string> listed;
  for (const OrderField& field : fields) {
    names.push_back(field.name);
    listed.emplace_back(field.name);
  }
  const std::string_view near =
      NearestName(text.substr(0, text.find(' ')), names);
  return absl::InvalidArgumentError(
      absl::StrCat("order_by: ", FilterExcerpt(text), ": one of ",
                   absl::StrJoin(listed, ", "),
                   " is wanted, with \" desc\" behind it for largest first",
                   near.empty() ? "" : "; did you mean ", std::string(near)));
}

absl::Status BadPlace() {
  return absl::InvalidArgumentError(
      "page_token: damaged; leave it empty to begin again");
}

}  // namespace

absl::StatusOr<Order> ParseOrder(std::string_view text,
                                 std::span<const OrderField> fields) {
  if (text.size() > kMaxFilterBytes) {
    return UnknownOrder(text, fields);
  }
  const std::vector<std::string> words =
      absl::StrSplit(absl::string_view(text.data(), text.size()),
                     absl::ByAnyChar(" \t"), absl::SkipEmpty());
  if (words.empty()) {
    return Order{&fields.front(), true};
  }
  const bool descending = words.size() == 2 && words[1] == "desc";
  if (words.size() == 1 || descending ||
      (words.size() == 2 && words[1] == "asc")) {
    for (const OrderField& field : fields) {
      if (field.name == words[0]) {
        return Order{&field, descending};
      }
    }
  }
  return UnknownOrder(text, fields);
}

std::span<const OrderField> RunOrderFields() {
  return kRunOrders;
}
std::span<const OrderField> JobOrderFields() {
  return kJobOrders;
}

bool StandsBefore(const ListPlace& a, const ListPlace& b, const Order& order) {
  if (a.key.has_value() != b.key.has_value()) {
    return a.key.has_value();
  }
  if (a.key.has_value() && *a.key != *b.key) {
    return order.descending ? *b.key < *a.key : *a.key < *b.key;
  }
  return order.descending ? b.id < a.id : a.id < b.id;
}

// "17", "17 i5", "17 r<bits of the double>", "17 tname".
std::string EncodePlace(const ListPlace& place) {
  std::string text = absl::StrCat(place.id);
  if (!place.key.has_value()) {
    return text;
  }
  if (const auto* whole = std::get_if<int64_t>(&*place.key)) {
    return absl::StrCat(text, " i", *whole);
  }
  if (const auto* real = std::get_if<double>(&*place.key)) {
    return absl::StrCat(text, " r", std::bit_cast<int64_t>(*real));
  }
  return absl::StrCat(text, " t", std::get<std::string>(*place.key));
}

absl::StatusOr<ListPlace> DecodePlace(std::string_view text,
                                      const Order& order) {
  const size_t blank = text.find(' ');
  ListPlace place;
  if (!absl::SimpleAtoi(std::string(text.substr(0, blank)), &place.id)) {
    return BadPlace();
  }
  const OrderField& field = *order.field;
  if (blank == std::string_view::npos) {
    const bool may_lack = field.kind == Kind::kId || !field.absent.empty();
    return may_lack ? absl::StatusOr<ListPlace>(place) : BadPlace();
  }
  if (text.size() < blank + 2) {
    return BadPlace();
  }
  const std::string value(text.substr(blank + 2));
  const char kind = text[blank + 1];
  int64_t number = 0;
  if (kind == 't' && field.kind == Kind::kText) {
    place.key = value;
  } else if (kind == 'i' && field.kind == Kind::kInteger &&
             absl::SimpleAtoi(value, &number)) {
    place.key = number;
  } else if (kind == 'r' && field.kind == Kind::kReal &&
             absl::SimpleAtoi(value, &number)) {
    place.key = std::bit_cast<double>(number);
  } else {
    return BadPlace();
  }
  return place;
}

}  // namespace tinyrig::server
