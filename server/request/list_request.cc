#include "server/request/list_request.h"

#include <span>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"

#include "base/sha256.h"

namespace tinyrig::server {
namespace {

constexpr size_t kMaxTokenBytes = 2048;

std::string Question(const ListText& text) {
  return absl::StrCat(std::string(text.filter), "\n",
                      std::string(text.order_by));
}

std::string Mark(std::string_view list, std::string_view filter) {
  const std::string text = std::string(list) + '\n' + std::string(filter);
  return base::Sha256Hex(
             std::span(reinterpret_cast<const uint8_t*>(text.data()),
                       text.size()))
      .substr(0, 8);
}

}  // namespace

std::string MakePageToken(std::string_view list, std::string_view filter,
                          std::string_view cursor) {
  return absl::WebSafeBase64Escape(Mark(list, filter) + std::string(cursor));
}

absl::StatusOr<std::string> ReadPageToken(std::string_view list,
                                          std::string_view filter,
                                          std::string_view token) {
  if (token.empty()) {
    return std::string();
  }
  std::string text;
  const std::string mark = Mark(list, filter);
  if (token.size() > kMaxTokenBytes ||
      !absl::WebSafeBase64Unescape(
          absl::string_view(token.data(), token.size()), &text) ||
      text.size() <= mark.size() || !std::string_view(text).starts_with(mark)) {
    return absl::InvalidArgumentError(
        "page_token: not one of this list with this filter and order; leave it "
        "empty to begin again");
  }
  return text.substr(mark.size());
}

absl::StatusOr<int64_t> ReadIdToken(std::string_view list,
                                    std::string_view filter,
                                    std::string_view token) {
  ASSIGN_OR_RETURN(const std::string cursor,
                   ReadPageToken(list, filter, token));
  int64_t id = 0;
  if (!cursor.empty() && (!absl::SimpleAtoi(cursor, &id) || id < 0)) {
    return absl::InvalidArgumentError("page_token: damaged");
  }
  return id;
}

absl::StatusOr<ListRequest> ReadListRequest(
    const ListText& text, std::span<const FilterField> filter_fields,
    std::span<const OrderField> order_fields, int64_t now_us) {
  ListRequest request;
  ASSIGN_OR_RETURN(request.limit, CheckPageSize(text.page_size));
  ASSIGN_OR_RETURN(request.filter,
                   BindFilter(text.filter, filter_fields, now_us));
  ASSIGN_OR_RETURN(request.order, ParseOrder(text.order_by, order_fields));
  ASSIGN_OR_RETURN(const std::string cursor,
                   ReadPageToken(text.list, Question(text), text.page_token));
  if (!cursor.empty()) {
    ASSIGN_OR_RETURN(request.after, DecodePlace(cursor, request.order));
  }
  return request;
}

std::string NextPageToken(const ListText& text,
                          const std::optional<ListPlace>& next) {
  return next.has_value()
             ? MakePageToken(text.list, Question(text), EncodePlace(*next))
             : "";
}

absl::StatusOr<int> CheckPageSize(int32_t page_size) {
  if (page_size < 0 || page_size > kMaxPageSize) {
    return absl::InvalidArgumentError(absl::StrCat(
        "page_size: ", page_size, ", 0..", kMaxPageSize, " is wanted"));
  }
  return page_size == 0 ? kDefaultPageSize : page_size;
}

}  // namespace tinyrig::server
