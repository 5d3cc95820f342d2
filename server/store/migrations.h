// The schema as an ordered list of steps; PRAGMA user_version counts those
// that were taken. docs/SCHEMA.md describes the tables. Only append.
#pragma once

#include <cstdint>

#include "base/status.h"

namespace tinyrig::server {

class Database;

/// Steps that this program knows.
int64_t SchemaVersion();

/// Takes the steps that are missing, each in a transaction of its own.
/// FAILED_PRECONDITION: the file is from a newer program.
absl::Status Migrate(Database& database);

}  // namespace tinyrig::server
