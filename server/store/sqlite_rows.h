// Rows of SQLite as what they stand for; between the files of this folder.
#pragma once

#include "server/store/records.h"
#include "server/store/sqlite.h"

namespace tinyrig::server {

/// "SELECT ... FROM jobs ", to be followed by a WHERE.
extern const char kSelectJobs[];
JobRecord JobOf(const Query& row);

}  // namespace tinyrig::server
