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
  control_ = reload_ = held_ = 0;
  Schedule();
}

bool SysTick::Running() const {
  return (control_ & kEnable) != 0 && reload_ != 0;
}

uint64_t SysTick::CyclesPerTick() const {
  return (control_ & kCoreClock) != 0 ? 1 : 8;
}

uint64_t SysTick::Ticks() const {
  return (clock_->NowCycles() - start_cycles_) / CyclesPerTick();
}

uint32_t SysTick::Current() const {
  if (!Running()) {
    return held_;
  }
  const uint64_t period = uint64_t{reload_} + 1;
  const uint64_t position = Ticks() % period;  // 0: the counter shows zero
  return position == 0 ? 0 : static_cast<uint32_t>(period - position);
}

// Times that the counter went from 1 to 0.
uint64_t SysTick::Wraps() const {
  return Running() ? Ticks() / (uint64_t{reload_} + 1) : wraps_seen_;
}

void SysTick::Schedule() {
  if (event_ != 0) {
    clock_->Cancel(event_);
    event_ = 0;
  }
  if (!Running() || (control_ & kTickInt) == 0) {
    return;
  }
  const uint64_t period = uint64_t{reload_} + 1;
  const uint64_t at = start_cycles_ + (Wraps() + 1) * period * CyclesPerTick();
  event_ = clock_->At(at, [this] {
    event_ = 0;
    tick_();
    Schedule();
  });
}

// Continues from `value`, now. Zero reloads at the next tick.
void SysTick::StartAt(uint32_t value) {
  const uint64_t period = uint64_t{reload_} + 1;
  const uint64_t position = value == 0 ? 0 : period - value;
  const uint64_t past = (position % period) * CyclesPerTick();
  // Before cycle `past` since power-on the subtraction wraps, as does Ticks().
  start_cycles_ = clock_->NowCycles() - past;
  wraps_seen_ = 0;
}

uint32_t SysTick::ReadControl() {
  const uint64_t wraps = Wraps();
  const bool flag = wraps != wraps_seen_;
  wraps_seen_ = wraps;
  return control_ | (flag ? kCountFlag : 0);
}

void SysTick::WriteControl(uint32_t value) {
  held_ = Current();
  control_ = value & (kEnable | kTickInt | kCoreClock);
  if (Running()) {
    StartAt(held_);
  }
  Schedule();
}

void SysTick::WriteReload(uint32_t value) {
  held_ = Current();
  reload_ = value & 0xFFFFFF;
  if (Running()) {
    StartAt(held_ <= reload_ ? held_ : 0);
  }
  Schedule();
}

void SysTick::ClearCurrent() {
  held_ = 0;
  StartAt(0);
  Schedule();
}

}  // namespace tinyrig::emulator
