#include "emulator/chip/fault_plan.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tinyrig::emulator {
namespace {

using ::testing::HasSubstr;

FaultPlan Plan(const char* text) {
  const auto plan = FaultPlan::Parse(text);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return plan.value_or(FaultPlan{});
}

TEST(FaultPlan, ReadsEveryItem) {
  const FaultPlan plan = Plan(
      "drop=1/10000,flip=1/200,stall=1/50000:250ms,"
      "hang-after=5000000cycles,reset-in-flash=3,dead");
  EXPECT_EQ(plan.drop_one_in, 10000u);
  EXPECT_EQ(plan.flip_one_in, 200u);
  EXPECT_EQ(plan.stall_one_in, 50000u);
  EXPECT_EQ(plan.stall_ms, 250);
  EXPECT_EQ(plan.hang_after_cycles, 5000000u);
  EXPECT_EQ(plan.reset_in_flash, 3u);
  EXPECT_TRUE(plan.dead);
}

TEST(FaultPlan, NoneAndEmptyAreNoFaults) {
  for (const char* text : {"", "none"}) {
    const FaultPlan plan = Plan(text);
    EXPECT_EQ(plan.drop_one_in + plan.flip_one_in + plan.stall_one_in, 0u);
    EXPECT_FALSE(plan.dead);
  }
}

TEST(FaultPlan, RefusesWhatItCannotRead) {
  for (const char* text :
       {"drop", "drop=", "drop=1", "drop=2/5", "drop=1/0", "drop=1/x",
        "flip=1/-3", "stall=1/5", "stall=1/5:0ms", "stall=1/5:9",
        "stall=1/5:99999999ms", "hang-after=5", "hang-after=xcycles",
        "reset-in-flash=0", "reset-in-flash=-1", "alive", "drop=1/5,",
        ",drop=1/5", "dead,none"}) {
    const auto plan = FaultPlan::Parse(text);
    EXPECT_EQ(plan.status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  EXPECT_THAT(FaultPlan::Parse("drop=1/5,flop=1/3").status().message(),
              HasSubstr("flop=1/3"));
}

std::vector<int> Fates(FaultInjector& injector, FaultLine line, int count) {
  std::vector<int> fates;
  for (int i = 0; i < count; ++i) {
    const auto fate = injector.OnByte(line, static_cast<uint8_t>(i));
    fates.push_back(fate.drop ? -1 : fate.byte);
  }
  return fates;
}

TEST(FaultInjector, SameSeedSameFaults) {
  const FaultPlan plan = Plan("drop=1/50,flip=1/50");
  FaultInjector a(plan, 7), b(plan, 7), c(plan, 8);
  const auto fates = Fates(a, FaultLine::kConsoleIn, 5000);
  EXPECT_EQ(fates, Fates(b, FaultLine::kConsoleIn, 5000));
  EXPECT_NE(fates, Fates(c, FaultLine::kConsoleIn, 5000));
}

TEST(FaultInjector, LinesDoNotDisturbEachOther) {
  const FaultPlan plan = Plan("drop=1/50,flip=1/50");
  FaultInjector alone(plan, 7), both(plan, 7);
  const auto fates = Fates(alone, FaultLine::kLoaderOut, 1000);
  Fates(both, FaultLine::kConsoleIn, 333);
  EXPECT_EQ(fates, Fates(both, FaultLine::kLoaderOut, 1000));
}

TEST(FaultInjector, RatesAndCountersFit) {
  FaultInjector injector(Plan("drop=1/100,flip=1/10,stall=1/1000:5ms"), 1);
  int dropped = 0, flipped = 0, stalled = 0;
  for (int i = 0; i < 100'000; ++i) {
    const auto fate = injector.OnByte(FaultLine::kConsoleIn, 0x5A);
    dropped += fate.drop ? 1 : 0;
    stalled += fate.stall_ms == 5 ? 1 : 0;
    const int bits = __builtin_popcount(fate.byte ^ 0x5Au);
    EXPECT_LE(bits, 1);  // a flip is one bit
    flipped += bits;
  }
  EXPECT_NEAR(dropped, 1000, 150);
  EXPECT_NEAR(flipped, 10'000, 500);
  EXPECT_NEAR(stalled, 100, 50);
  EXPECT_EQ(injector.counters().drop, static_cast<uint64_t>(dropped));
  EXPECT_EQ(injector.counters().flip, static_cast<uint64_t>(flipped));
  EXPECT_EQ(injector.counters().stall, static_cast<uint64_t>(stalled));
}

TEST(FaultInjector, ResetsInTheNamedFlashOperationOnly) {
  FaultInjector injector(Plan("reset-in-flash=3"), 1);
  std::vector<bool> seen;
  for (int i = 0; i < 5; ++i) {
    seen.push_back(injector.OnFlashOperation());
  }
  EXPECT_EQ(seen, (std::vector<bool>{false, false, true, false, false}));
  EXPECT_EQ(injector.counters().reset_in_flash, 1u);
}

TEST(FaultInjector, HangsOnce) {
  FaultInjector injector(Plan("hang-after=100cycles"), 1);
  EXPECT_FALSE(injector.HangsAt(99));
  EXPECT_TRUE(injector.HangsAt(100));
  EXPECT_FALSE(injector.HangsAt(101));
}

}  // namespace
}  // namespace tinyrig::emulator
