// tinyrig-server --restore-from: puts a backup back instead of serving.
#pragma once

#include "server/program/flags.h"

namespace tinyrig::server {

/// Says on standard output what came back, on standard error how far it is.
/// \return the exit code: 0; 2 the backup is not there or damaged; 6 the data
/// folder is in use or holds data; 4 all else.
int RunRestore(const Flags& flags);

}  // namespace tinyrig::server
