#include "emulator/chip/iwdg.h"

#include <algorithm>
#include <utility>

namespace tinyrig::emulator {
namespace {

constexpr uint32_t kKeyUnlock = 0x5555;
constexpr uint32_t kKeyReload = 0xAAAA;
constexpr uint32_t kKeyStart = 0xCCCC;
constexpr uint64_t kNsPerSecond = 1'000'000'000;

}  // namespace

Iwdg::Iwdg(const Rcc& rcc, EventQueue& events, std::function<void()> bite)
    : rcc_(rcc), events_(events), bite_(std::move(bite)) {}

void Iwdg::Reset() {
  pr_ = 0;
  rlr_ = winr_ = 0xFFF;
  unlocked_ = running_ = false;
  if (event_ != 0) {
    events_.Cancel(event_);
    event_ = 0;
  }
}

uint32_t Iwdg::ReadWord(uint32_t offset) {
  switch (offset) {
    case 0x04:
      return pr_;
    case 0x08:
      return rlr_;
    case 0x10:
      return winr_;
    default:
      return 0;  // SR: updates take effect at once
  }
}

void Iwdg::WriteWord(uint32_t offset, uint32_t value, uint32_t mask) {
  value &= mask;
  if (offset == 0x00) {
    unlocked_ = value == kKeyUnlock;
    running_ = running_ || value == kKeyStart;
    if (value == kKeyReload || value == kKeyStart) {
      Reload();
    }
  } else if (unlocked_ && offset == 0x04) {
    pr_ = value & 7;
  } else if (unlocked_ && offset == 0x08) {
    rlr_ = value & 0xFFF;
  } else if (unlocked_ && offset == 0x10) {
    winr_ = value & 0xFFF;
  }
}

void Iwdg::Reload() {
  if (running_) {
    const uint64_t divider = uint64_t{4} << std::min(pr_, 6u);
    const uint64_t ticks = (uint64_t{rlr_} + 1) * divider;
    Schedule(events_.NowCycles() +
             rcc_.CyclesFor(ticks * kNsPerSecond / kLsiHz));
  }
}

void Iwdg::Schedule(uint64_t at_cycles) {
  if (event_ != 0) {
    events_.Cancel(event_);
  }
  deadline_cycles_ = at_cycles;
  event_ = events_.At(at_cycles, [this] {
    event_ = 0;
    bite_();
  });
}

void Iwdg::ClockChanged(uint32_t old_hclk_hz) {
  const uint64_t now = events_.NowCycles();
  if (event_ != 0 && old_hclk_hz != 0 && deadline_cycles_ > now) {
    const double left = static_cast<double>(deadline_cycles_ - now);
    const double scale = static_cast<double>(rcc_.clocks().hclk_hz) /
                         static_cast<double>(old_hclk_hz);
    Schedule(now + static_cast<uint64_t>(left * scale));
  }
}

}  // namespace tinyrig::emulator
