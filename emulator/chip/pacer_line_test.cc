#include "gtest/gtest.h"

#include "emulator/chip/line.h"
#include "emulator/chip/pacer.h"

namespace tinyrig::emulator {
namespace {

constexpr int64_t kMs = 1'000'000;

TEST(Pacer, ShortNapsAreOwedAndSleptOffTogether) {
  Pacer pacer;
  for (int i = 0; i < 9; ++i) {
    ASSERT_EQ(pacer.WaitFor(kMs / 10), 0);
    pacer.Owe(kMs / 10);
  }
  EXPECT_EQ(pacer.WaitFor(kMs / 10), kMs);
  EXPECT_EQ(pacer.RealTimePassed(kMs), kMs / 10);  // the rest: the last nap
  EXPECT_EQ(pacer.WaitFor(kMs / 10), 0);
}

TEST(Pacer, LongNapsAndNoEventAreWaitedFor) {
  Pacer pacer;
  EXPECT_EQ(pacer.WaitFor(5 * kMs), 5 * kMs);
  EXPECT_EQ(pacer.WaitFor(INT64_MAX), INT64_MAX);
  pacer.Owe(kMs / 2);
  EXPECT_EQ(pacer.WaitFor(INT64_MAX), INT64_MAX);
}

TEST(Line, StalledBytesHoldUpThoseBehind) {
  const FaultPlan plan = *FaultPlan::Parse("stall=1/1:5ms");
  FaultInjector injector(plan, 1);
  Line line(injector, FaultLine::kConsoleIn);
  const uint8_t one[] = {1};
  line.Push(one, 1000);
  EXPECT_FALSE(line.Ready(5999));
  EXPECT_TRUE(line.Ready(6000));
  injector.Replace({});
  const uint8_t two[] = {2};
  line.Push(two, 2000);
  EXPECT_EQ(line.NextReadyMicros(), 6000);
  EXPECT_EQ(line.Pop(), 1);
  EXPECT_EQ(line.NextReadyMicros(), 6000);  // not before its predecessor
}

TEST(Line, IsBoundedAndDeadLinesTakeNothing) {
  FaultInjector injector({}, 1);
  Line line(injector, FaultLine::kConsoleIn);
  line.Push(std::vector<uint8_t>(Line::kMaxBytes + 5), 0);
  EXPECT_EQ(line.room(), 0u);
  line.Clear();
  injector.Replace(*FaultPlan::Parse("dead"));
  line.Push(std::vector<uint8_t>(3), 0);
  EXPECT_FALSE(line.Ready(0));
}

}  // namespace
}  // namespace tinyrig::emulator
