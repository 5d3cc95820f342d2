#include "server/request/resource_ids.h"

#include "absl/strings/str_cat.h"

#include "server/filter/filter_value.h"

namespace tinyrig::server {

std::string JobName(int64_t job_id) {
  return absl::StrCat(std::string(kJobIdPrefix), job_id);
}

std::string RunName(int64_t run_id) {
  return absl::StrCat(std::string(kRunIdPrefix), run_id);
}

absl::StatusOr<int64_t> ParseJobId(std::string_view name) {
  return ParseFilterId(kJobIdPrefix, name);
}

absl::StatusOr<int64_t> ParseRunId(std::string_view name) {
  return ParseFilterId(kRunIdPrefix, name);
}

}  // namespace tinyrig::server
