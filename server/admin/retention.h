// Which results may go. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"
#include "tinyrig/v1/admin_service.pb.h"

namespace tinyrig::server {

struct RetentionRules {
  int64_t keep_days = 365;
  /// Newest runs of each (model name, board kind, origin) that stay.
  int64_t keep_runs_per_cell = 20;
};

/// 0 stands for the defaults. INVALID_ARGUMENT: negative, or beyond reason.
absl::StatusOr<RetentionRules> RulesOf(
    const v1::CollectGarbageRequest& request);

/// What was made at or after this stays. Microseconds since the Unix epoch.
int64_t KeepSinceUs(const RetentionRules& rules, int64_t now_us);

struct RunAge {
  std::string model_name, board_id;
  int64_t origin = 0;
  int64_t create_us = 0;
  bool is_baseline = false;
};

/// Asked once for each run, cell by cell, newest first in each.
class RunRetention {
 public:
  RunRetention(const RetentionRules& rules, int64_t now_us)
      : keep_runs_(rules.keep_runs_per_cell),
        keep_since_us_(KeepSinceUs(rules, now_us)) {}
  bool Keeps(const RunAge& run);

 private:
  int64_t keep_runs_;
  int64_t keep_since_us_;
  RunAge cell_;
  int64_t seen_ = 0;
};

}  // namespace tinyrig::server
