#include "emulator/chip/timer.h"

#include <algorithm>
#include <utility>

namespace tinyrig::emulator {
namespace {

constexpr uint32_t kCr1 = 0x00;
constexpr uint32_t kDier = 0x0C;
constexpr uint32_t kSr = 0x10;
constexpr uint32_t kEgr = 0x14;
constexpr uint32_t kCnt = 0x24;
constexpr uint32_t kPsc = 0x28;
constexpr uint32_t kArr = 0x2C;

constexpr uint32_t kCen = Bit(0);
constexpr uint32_t kUdis = Bit(1);
constexpr uint32_t kOpm = Bit(3);
constexpr uint32_t kUif = Bit(0);

}  // namespace

Timer::Timer(const Rcc& rcc, EventQueue& events,
             std::function<void(bool)> interrupt)
    : rcc_(rcc), events_(events), interrupt_(std::move(interrupt)) {}

void Timer::Reset() {
  cr1_ = dier_ = sr_ = psc_ = active_psc_ = count_ = 0;
  arr_ = 0xFFFFFFFF;
  Schedule();
  interrupt_(false);
}

uint64_t Timer::CyclesPerCount() const {
  const Clocks& clocks = rcc_.clocks();
  const uint32_t timer_hz = std::max(clocks.timer1_hz, 1u);
  return std::max<uint64_t>(clocks.hclk_hz / timer_hz, 1) *
         (uint64_t{active_psc_} + 1);
}

// Brings count_ up to now; the update event itself comes by Schedule().
void Timer::Advance() {
  const uint64_t now = events_.NowCycles();
  if ((cr1_ & kCen) == 0) {
    seen_cycles_ = now;
    return;
  }
  const uint64_t counts = (now - seen_cycles_) / cycles_per_count_;
  seen_cycles_ += counts * cycles_per_count_;
  const uint64_t period = uint64_t{arr_} + 1;
  const uint64_t total = count_ + counts;
  count_ = static_cast<uint32_t>(total % period);
  if (total >= period && (cr1_ & kUdis) == 0) {
    Update();
  }
}

void Timer::Update() {
  sr_ |= kUif;
  active_psc_ = psc_;
  cycles_per_count_ = CyclesPerCount();
  cr1_ &= (cr1_ & kOpm) != 0 ? ~kCen : ~0u;
  interrupt_((sr_ & dier_ & kUif) != 0);
}

void Timer::Schedule() {
  if (event_ != 0) {
    events_.Cancel(event_);
    event_ = 0;
  }
  cycles_per_count_ = CyclesPerCount();
  const bool watched = (dier_ & kUif) != 0 || (cr1_ & kOpm) != 0;
  if ((cr1_ & kCen) == 0 || !watched) {
    return;
  }
  const uint64_t left = uint64_t{arr_} + 1 - std::min(count_, arr_);
  event_ = events_.At(seen_cycles_ + left * cycles_per_count_, [this] {
    event_ = 0;
    Advance();
    Schedule();
  });
}

void Timer::ClockChanged() {
  Advance();  // up to here at the old pace
  Schedule();
}

uint32_t Timer::ReadWord(uint32_t offset) {
  Advance();
  switch (offset) {
    case kCr1:
      return cr1_;
    case kDier:
      return dier_;
    case kSr:
      return sr_;
    case kCnt:
      return count_;
    case kPsc:
      return psc_;
    case kArr:
      return arr_;
    default:
      return 0;
  }
}

void Timer::WriteWord(uint32_t offset, uint32_t value, uint32_t mask) {
  Advance();
  switch (offset) {
    case kCr1:
      Merge(&cr1_, value, mask & 0x3FF);
      break;
    case kDier:
      Merge(&dier_, value, mask);
      break;
    case kSr:  // cleared by writing 0
      sr_ &= value | ~mask;
      break;
    case kEgr:
      if ((value & 1) != 0) {  // UG
        count_ = 0;
        seen_cycles_ = events_.NowCycles();
        const uint32_t running = cr1_ & kCen;
        Update();
        cr1_ |= running;
      }
      break;
    case kCnt:
      Merge(&count_, value, mask);
      break;
    case kPsc:
      Merge(&psc_, value, mask & 0xFFFF);
      break;
    case kArr:
      Merge(&arr_, value, mask);
      break;
    default:
      break;
  }
  interrupt_((sr_ & dier_ & kUif) != 0);
  Schedule();
}

}  // namespace tinyrig::emulator
