// Which runs may go: decisions only.
#include "server/admin/retention.h"

#include <gtest/gtest.h>

namespace tinyrig::server {
namespace {

constexpr int64_t kDayUs = 24LL * 3600 * 1'000'000;
constexpr int64_t kNowUs = 20'000 * kDayUs;

RunAge AgedRun(int64_t age_days, const std::string& model = "m",
               const std::string& board = "b", int64_t origin = 1) {
  return {.model_name = model,
          .board_id = board,
          .origin = origin,
          .create_us = kNowUs - age_days * kDayUs};
}

TEST(Retention, YoungRunsStayHoweverMany) {
  RunRetention retention({.keep_days = 10, .keep_runs_per_cell = 1}, kNowUs);
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(retention.Keeps(AgedRun(9)));
  }
  EXPECT_TRUE(retention.Keeps(AgedRun(10)));  // to the day
  EXPECT_FALSE(retention.Keeps(AgedRun(11)));
}

TEST(Retention, TheNewestOfEachCellStayHoweverOld) {
  RunRetention retention({.keep_days = 1, .keep_runs_per_cell = 2}, kNowUs);
  for (const RunAge& cell :
       {AgedRun(500), AgedRun(500, "n"), AgedRun(500, "n", "c"),
        AgedRun(500, "n", "c", 2)}) {
    EXPECT_TRUE(retention.Keeps(cell));
    EXPECT_TRUE(retention.Keeps(cell));
    EXPECT_FALSE(retention.Keeps(cell));
    EXPECT_FALSE(retention.Keeps(cell));
  }
}

TEST(Retention, BaselinesStay) {
  RunRetention retention({.keep_days = 1, .keep_runs_per_cell = 1}, kNowUs);
  EXPECT_TRUE(retention.Keeps(AgedRun(400)));
  RunAge baseline = AgedRun(5000);
  baseline.is_baseline = true;
  EXPECT_TRUE(retention.Keeps(baseline));
  EXPECT_FALSE(retention.Keeps(AgedRun(5000)));
}

TEST(Retention, RulesHaveDefaultsAndLimits) {
  v1::CollectGarbageRequest request;
  EXPECT_EQ(RulesOf(request)->keep_days, 365);
  EXPECT_EQ(RulesOf(request)->keep_runs_per_cell, 20);
  request.set_keep_days(7);
  EXPECT_EQ(RulesOf(request)->keep_days, 7);
  request.set_keep_days(-1);
  EXPECT_EQ(RulesOf(request).status().code(),
            absl::StatusCode::kInvalidArgument);
  request.set_keep_days(1);
  request.set_keep_runs_per_cell(INT32_MAX);
  EXPECT_EQ(RulesOf(request).status().code(),
            absl::StatusCode::kInvalidArgument);
  // A clock before the kept time deletes nothing.
  EXPECT_EQ(KeepSinceUs({.keep_days = 365}, kDayUs), 0);
}

}  // namespace
}  // namespace tinyrig::server
