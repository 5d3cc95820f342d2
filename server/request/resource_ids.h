// Names of jobs and runs as people see them ("j-12", "r-7") and their numbers.
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace tinyrig::server {

inline constexpr std::string_view kJobIdPrefix = "j-";
inline constexpr std::string_view kRunIdPrefix = "r-";

/// "j-12" of 12.
std::string JobName(int64_t job_id);
/// "r-7" of 7.
std::string RunName(int64_t run_id);

/// The number, from 1. INVALID_ARGUMENT: no such name.
absl::StatusOr<int64_t> ParseJobId(std::string_view name);
absl::StatusOr<int64_t> ParseRunId(std::string_view name);

}  // namespace tinyrig::server
