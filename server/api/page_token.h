// Cursors of lists: where the last page ended, tied to the list and filter
// they came from. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

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

/// 0 means kDefaultPageSize; INVALID_ARGUMENT outside 0..kMaxPageSize.
absl::StatusOr<int> CheckPageSize(int32_t page_size);

}  // namespace tinyrig::server
