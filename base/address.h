// HOST:PORT as people write it: read and checked before a library that takes
// more, or says less, gets it. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace tinyrig::base {

struct HostPort {
  std::string host;  ///< as written: IPv6 keeps its brackets; may be empty
  int port = 0;      ///< 0..65535
};

/// The port stands behind the last colon. INVALID_ARGUMENT: there is none, or
/// it is no number of 0..65535; the message quotes `text`.
absl::StatusOr<HostPort> ParseHostPort(std::string_view text);

}  // namespace tinyrig::base
