// The header lines of an answer, but for its length and its connection. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "server/http/message.h"

namespace tinyrig::server {

/// docs/DASHBOARD.md, "How it is served".
inline constexpr char kContentSecurityPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'";

/// What every answer has, then what the reply brings, then its type (304 has
/// none). A later line replaces an earlier one of the same name.
std::vector<std::pair<std::string, std::string>> HeadersOf(
    const HttpReply& reply);

}  // namespace tinyrig::server
