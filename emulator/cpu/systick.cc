#include "emulator/cpu/systick.h"

#include <utility>

namespace tinyrig::emulator {
namespace {

constexpr uint32_t kEnable = 1;
constexpr uint32_t kTickInt = 2;
constexpr uint32_t kCoreClock = 4;
constexpr uint32_t kCountFlag = 1u << 16;

}  // namespace

SysTick::SysTick(EventQueue* clock, std::function<void()> tick)
    : clock_(clock), tick_(std::move(tick)) {}

void SysTick::Reset() {
  control_ = reload_ = value_ = 0;
  count_flag_ = false;
  Schedule();
}

uint64_t SysTick::CyclesPerTick() const {
  return (control_ & kCoreClock) != 0 ? 1 : 8;
}

void SysTick::CatchUp() {
  if ((control_ & kEnable) == 0) {
    return;
  }
  uint64_t ticks = (clock_->NowCycles() - at_cycles_) / CyclesPerTick();
  at_cycles_ += ticks * CyclesPerTick();
  if (ticks < value_) {
    value_ -= static_cast<uint32_t>(ticks);
    return;
  }
  count_flag_ = count_flag_ || value_ != 0;
  ticks -= value_;
  value_ = 0;
  if (reload_ == 0) {
    return;  // stays at zero
  }
  const uint64_t period = uint64_t{reload_} + 1;
  count_flag_ = count_flag_ || ticks >= period;
  const uint64_t position = ticks % period;  // 0: the counter is at zero
  value_ = position == 0 ? 0 : static_cast<uint32_t>(period - position);
}

void SysTick::Schedule() {
  if (event_ != 0) {
    clock_->Cancel(event_);
    event_ = 0;
  }
  const bool reaches_zero = value_ != 0 || reload_ != 0;
  if ((control_ & kEnable) == 0 || (control_ & kTickInt) == 0 ||
      !reaches_zero) {
    return;
  }
  const uint64_t ticks = value_ != 0 ? value_ : uint64_t{reload_} + 1;
  event_ = clock_->At(at_cycles_ + ticks * CyclesPerTick(), [this] {
    event_ = 0;
    CatchUp();
    tick_();
    Schedule();
  });
}

uint32_t SysTick::ReadControl() {
  CatchUp();
  const uint32_t flag = count_flag_ ? kCountFlag : 0;
  count_flag_ = false;
  return control_ | flag;
}

void SysTick::WriteControl(uint32_t value) {
  CatchUp();
  if (((value ^ control_) & (kEnable | kCoreClock)) != 0) {
    at_cycles_ = clock_->NowCycles();
  }
  control_ = value & (kEnable | kTickInt | kCoreClock);
  Schedule();
}

void SysTick::WriteReload(uint32_t value) {
  CatchUp();
  reload_ = value & 0xFFFFFF;
  Schedule();
}

uint32_t SysTick::Current() {
  CatchUp();
  return value_;
}

void SysTick::ClearCurrent() {
  value_ = 0;
  count_flag_ = false;
  at_cycles_ = clock_->NowCycles();
  Schedule();
}

}  // namespace tinyrig::emulator
