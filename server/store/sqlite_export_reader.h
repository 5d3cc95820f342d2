// ExportReader on a read-only connection of its own.
#pragma once

#include <filesystem>

#include "server/store/export_reader.h"

namespace tinyrig::server {

/// `database`: the store's file, migrated already.
OpenExport SqliteExports(const std::filesystem::path& database);

}  // namespace tinyrig::server
