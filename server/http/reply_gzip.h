// Whether an answer goes out packed. Pure.
#pragma once

#include <string_view>

#include "server/http/message.h"

namespace tinyrig::server {

/// Larger bodies go out as they are: packing them would hold up a handler.
inline constexpr size_t kMaxGzipBytes = 64 << 20;

/// Packs a text of kMinGzipBytes..kMaxGzipBytes for a client whose
/// Accept-Encoding takes gzip, and says so; what is packed already stays.
void PackReply(std::string_view accept_encoding, HttpReply& reply);

}  // namespace tinyrig::server
