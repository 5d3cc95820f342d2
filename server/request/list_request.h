// Cursors of lists: where the last page ended, tied to the list and filter
// they came from. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "server/request/list_order.h"

namespace tinyrig::server {

inline constexpr int32_t kDefaultPageSize = 50;
inline constexpr int32_t kMaxPageSize = 1000;

/// `list` names the rpc; the text is opaque to callers.
std::string MakePageToken(std::string_view list, std::string_view filter,
                          std::string_view cursor);

/// The cursor; empty for an empty token. INVALID_ARGUMENT: not a token of this
/// list with this filter.
absl::StatusOr<std::string> ReadPageToken(std::string_view list,
                                          std::string_view filter,
                                          std::string_view token);
absl::StatusOr<int64_t> ReadIdToken(std::string_view list,
                                    std::string_view filter,
                                    std::string_view token);

/// What a caller asks of a list.
struct ListText {
  std::string_view list;  ///< names the rpc
  std::string_view filter, order_by, page_token;
  int32_t page_size = 0;
};

/// `now_us`: microseconds since the Unix epoch. INVALID_ARGUMENT: the filter,
/// the order or the size is wrong, or the token is another question's.
absl::StatusOr<ListRequest> ReadListRequest(
    const ListText& text, std::span<const FilterField> filter_fields,
    std::span<const OrderField> order_fields, int64_t now_us);
/// Empty when no page follows.
std::string NextPageToken(const ListText& text,
                          const std::optional<ListPlace>& next);

/// 0 means kDefaultPageSize; INVALID_ARGUMENT outside 0..kMaxPageSize.
absl::StatusOr<int> CheckPageSize(int32_t page_size);

}  // namespace tinyrig::server
