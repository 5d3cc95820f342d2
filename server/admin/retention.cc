#include "server/admin/retention.h"

#include <algorithm>

namespace tinyrig::server {
namespace {

constexpr int32_t kMaxDays = 36'500;
constexpr int32_t kMaxRuns = 1'000'000;
constexpr int64_t kDayUs = 24LL * 3600 * 1'000'000;

absl::StatusOr<int64_t> InRange(const char* field, int32_t value,
                                int32_t standard, int32_t most) {
  if (value < 0 || value > most) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, ": ", value, ", 1..", most,
                     " is wanted (0 stands for ", standard, ")"));
  }
  return value == 0 ? standard : value;
}

}  // namespace

absl::StatusOr<RetentionRules> RulesOf(
    const v1::CollectGarbageRequest& request) {
  const RetentionRules standard;
  RetentionRules rules;
  ASSIGN_OR_RETURN(rules.keep_days,
                   InRange("keep_days", request.keep_days(),
                           static_cast<int32_t>(standard.keep_days), kMaxDays));
  ASSIGN_OR_RETURN(
      rules.keep_runs_per_cell,
      InRange("keep_runs_per_cell", request.keep_runs_per_cell(),
              static_cast<int32_t>(standard.keep_runs_per_cell), kMaxRuns));
  return rules;
}

int64_t KeepSinceUs(const RetentionRules& rules, int64_t now_us) {
  return std::max<int64_t>(0, now_us - rules.keep_days * kDayUs);
}

bool RunRetention::Keeps(const RunAge& run) {
  if (seen_ == 0 || run.model_name != cell_.model_name ||
      run.board_id != cell_.board_id || run.origin != cell_.origin) {
    cell_ = run;
    seen_ = 0;
  }
  ++seen_;
  return seen_ <= keep_runs_ || run.create_us >= keep_since_us_ ||
         run.is_baseline;
}

}  // namespace tinyrig::server
