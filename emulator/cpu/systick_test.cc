// SysTick against a clock that the test moves (DDI 0403, B3.3.3 to B3.3.5).
#include "emulator/cpu/systick.h"

#include <utility>

#include <gtest/gtest.h>

#include "emulator/cpu/event_list.h"

namespace tinyrig::emulator {
namespace {

constexpr uint32_t kRun = 5;           // ENABLE, core clock
constexpr uint32_t kRunInterrupt = 7;  // and TICKINT
constexpr uint32_t kFlag = 1u << 16;

class Clock : public EventQueue {
 public:
  [[nodiscard]] uint64_t NowCycles() const override { return now_; }
  Handle At(uint64_t at_cycles, std::function<void()> action) override {
    return events_.Add(at_cycles, std::move(action));
  }
  void Cancel(Handle handle) override { events_.Cancel(handle); }
  void Advance(uint64_t cycles) {
    for (const uint64_t end = now_ + cycles; now_ < end; ++now_) {
      while (events_.RunNextDue(now_)) {
      }
    }
    while (events_.RunNextDue(now_)) {
    }
  }

 private:
  uint64_t now_ = 1000;
  EventList events_;
};

class SysTickTest : public ::testing::Test {
 protected:
  void Start(uint32_t reload, uint32_t control) {
    systick_.WriteReload(reload);
    systick_.ClearCurrent();
    systick_.WriteControl(control);
  }
  bool Flag() { return (systick_.ReadControl() & kFlag) != 0; }

  Clock clock_;
  int ticks_ = 0;
  SysTick systick_{&clock_, [this] { ++ticks_; }};
};

TEST_F(SysTickTest, CountsFromReloadToZeroAndAround) {
  Start(99, kRunInterrupt);
  EXPECT_EQ(systick_.Current(), 0u);
  clock_.Advance(1);
  EXPECT_EQ(systick_.Current(), 99u);
  clock_.Advance(98);
  EXPECT_EQ(systick_.Current(), 1u);
  EXPECT_EQ(ticks_, 0);
  clock_.Advance(1);
  EXPECT_EQ(systick_.Current(), 0u);
  EXPECT_EQ(ticks_, 1);
  clock_.Advance(1000);
  EXPECT_EQ(ticks_, 11);
  EXPECT_EQ(systick_.Current(), 0u);
}

TEST_F(SysTickTest, OnlyReadingControlAndWritingCurrentClearTheFlag) {
  Start(99, kRun);
  clock_.Advance(250);
  systick_.WriteControl(kRunInterrupt);
  systick_.WriteControl(4);
  systick_.WriteReload(60000);
  EXPECT_TRUE(Flag());
  EXPECT_FALSE(Flag());
  Start(99, kRun);
  clock_.Advance(250);
  systick_.WriteReload(60000);
  systick_.ClearCurrent();
  EXPECT_FALSE(Flag());
}

TEST_F(SysTickTest, ANewReloadValueWaitsForTheNextWrap) {
  Start(5000, kRunInterrupt);
  clock_.Advance(1001);
  systick_.WriteReload(9);
  EXPECT_EQ(systick_.Current(), 4000u);
  clock_.Advance(4000);
  EXPECT_EQ(ticks_, 1);
  clock_.Advance(30);
  EXPECT_EQ(ticks_, 4);
}

TEST_F(SysTickTest, ReloadZeroCountsOutOnce) {
  Start(3000, kRunInterrupt);
  clock_.Advance(50);
  systick_.WriteReload(0);
  clock_.Advance(2950);
  EXPECT_EQ(systick_.Current(), 1u);
  clock_.Advance(9000);
  EXPECT_EQ(ticks_, 1);
  EXPECT_EQ(systick_.Current(), 0u);
  EXPECT_TRUE(Flag());
  EXPECT_FALSE(Flag());
}

TEST_F(SysTickTest, StandsWhileDisabledAndGoesOnFromThere) {
  Start(99, kRun);
  clock_.Advance(50);
  systick_.WriteControl(4);
  clock_.Advance(1000);
  EXPECT_EQ(systick_.Current(), 50u);
  systick_.WriteControl(kRun);
  clock_.Advance(10);
  EXPECT_EQ(systick_.Current(), 40u);
}

TEST_F(SysTickTest, TheReferenceClockIsAnEighth) {
  Start(99, 3);
  clock_.Advance(799);
  EXPECT_EQ(ticks_, 0);
  clock_.Advance(1);
  EXPECT_EQ(ticks_, 1);
}

}  // namespace
}  // namespace tinyrig::emulator
