// Builds the server's parts over its data, serves, and takes them down again.
#pragma once

#include "server/program/flags.h"

namespace tinyrig::server {

/// Serves until SIGTERM or SIGINT; blocks both, so no thread may run yet.
/// \return the exit code: 0; 4 when it cannot start (said on standard error).
int RunServer(const Flags& flags);

}  // namespace tinyrig::server
