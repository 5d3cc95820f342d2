// Runs that are kept for ever, by names of their own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "server/store/sqlite.h"
#include "tinyrig/v1/admin_service.pb.h"

namespace tinyrig::server {

inline constexpr int64_t kMaxBaselines = 1000;

/// INVALID_ARGUMENT: not [a-z0-9][a-z0-9_.-]{0,63}.
absl::Status CheckBaselineName(const std::string& name);

/// In a transaction. NOT_FOUND: no such run. RESOURCE_EXHAUSTED: too many.
absl::StatusOr<v1::Baseline> PutBaseline(Database& writer,
                                         const std::string& name,
                                         int64_t run_id, int64_t now_us);

/// In a transaction; what it was. NOT_FOUND.
absl::StatusOr<v1::Baseline> DropBaseline(Database& writer,
                                          const std::string& name);

/// By name.
absl::StatusOr<std::vector<v1::Baseline>> AllBaselines(Database& reader);

}  // namespace tinyrig::server
