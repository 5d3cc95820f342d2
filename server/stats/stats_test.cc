#include <cmath>

#include <gtest/gtest.h>

#include "server/stats/latency.h"
#include "server/stats/top1.h"

namespace tinyrig::server {
namespace {

TEST(NearestRank, IsAlwaysASampleThatWasMeasured) {
  const std::vector<int64_t> ten = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  EXPECT_EQ(NearestRank(ten, 50), 5);
  EXPECT_EQ(NearestRank(ten, 90), 9);
  EXPECT_EQ(NearestRank(ten, 91), 10);
  EXPECT_EQ(NearestRank(ten, 100), 10);
  EXPECT_EQ(NearestRank(ten, 1), 1);
  const std::vector<int64_t> one = {7};
  EXPECT_EQ(NearestRank(one, 50), 7);
  const std::vector<int64_t> three = {1, 2, 9};
  EXPECT_EQ(NearestRank(three, 50), 2);
  EXPECT_EQ(NearestRank(three, 90), 9);
}

TEST(Summarise, KeepsTheOrderOfRunningAndConvertsByTheClock) {
  const std::vector<int64_t> cycles = {300, 100, 200};
  const v1::Latency latency = Summarise(cycles, 100'000'000, 4);
  EXPECT_EQ(latency.cycles(0), 300);
  EXPECT_EQ(latency.cycles_min(), 100);
  EXPECT_EQ(latency.cycles_p50(), 200);
  EXPECT_EQ(latency.cycles_p90(), 300);
  EXPECT_DOUBLE_EQ(latency.cycles_mean(), 200.0);
  EXPECT_DOUBLE_EQ(latency.us_p50(), 2.0);
  EXPECT_EQ(latency.overhead_cycles(), 4);
  EXPECT_EQ(Summarise({}, 1, 0).sample_count(), 0);
  EXPECT_EQ(Summarise(cycles, 0, 0).us_p50(), 0.0);
}

TEST(ArgMax, ComparesInTheTensorsOwnType) {
  const std::string bytes("\x7f\x80\x01", 3);
  EXPECT_EQ(ArgMax(bytes, "int8"), 0);   // 127 beats -128
  EXPECT_EQ(ArgMax(bytes, "uint8"), 1);  // 128 beats 127
  const float floats[] = {-1.0F, 2.5F, 2.5F};
  const std::string raw(reinterpret_cast<const char*>(floats), sizeof floats);
  EXPECT_EQ(ArgMax(raw, "float32"), 1);
}

TEST(ArgMax, TheLowestIndexWinsATieAndNanNever) {
  EXPECT_EQ(ArgMax("\x05\x05\x05", "int8"), 0);
  const float floats[] = {std::nanf(""), -3.0F};
  const std::string raw(reinterpret_cast<const char*>(floats), sizeof floats);
  EXPECT_EQ(ArgMax(raw, "float32"), 1);
  EXPECT_EQ(ArgMax("", "int8"), -1);
  EXPECT_EQ(ArgMax("ab", "int32"), -1);
}

TEST(Score, CountsTheDiagonal) {
  const std::vector<ClassCountEntry> counts = {{0, 0, 5}, {0, 1, 2}, {1, 1, 3}};
  const v1::Accuracy accuracy = Score(counts, 2);
  EXPECT_EQ(accuracy.correct(), 8);
  EXPECT_EQ(accuracy.total(), 10);
  EXPECT_DOUBLE_EQ(accuracy.top1(), 0.8);
  EXPECT_EQ(accuracy.confusion(0 * 2 + 1), 2);
  EXPECT_TRUE(Score(counts, 1000).confusion().empty());
  EXPECT_EQ(Score({}, 2).top1(), 0.0);
}

}  // namespace
}  // namespace tinyrig::server
