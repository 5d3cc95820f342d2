#include "emulator/cpu/dwt.h"

namespace tinyrig::emulator {
namespace {

constexpr uint32_t kTraceEnable = 1u << 24;  // DEMCR
constexpr uint32_t kCycleCountEnable = 1;    // DWT_CTRL
constexpr uint32_t kCtrlWritable = 0x00FF1FFF;
constexpr uint32_t kComparators = 4u << 28;
constexpr uint32_t kLockKey = 0xC5ACCE55;
constexpr uint32_t kLockImplemented = 1;
constexpr uint32_t kLocked = 2;

}  // namespace

Dwt::Dwt(const EventQueue* clock, bool has_lock)
    : clock_(clock), has_lock_(has_lock), unlocked_(!has_lock) {}

void Dwt::Reset() {
  unlocked_ = !has_lock_;
  demcr_ = ctrl_ = held_ = 0;
  base_cycles_ = clock_->NowCycles();
}

bool Dwt::TraceEnabled() const {
  return (demcr_ & kTraceEnable) != 0;
}

uint32_t Dwt::Count() const {
  return TraceEnabled() && (ctrl_ & kCycleCountEnable) != 0
             ? static_cast<uint32_t>(clock_->NowCycles() - base_cycles_)
             : held_;
}

uint32_t Dwt::Read(uint32_t offset) const {
  switch (offset) {
    case kCtrl:
      return kComparators | ctrl_;
    case kCyccnt:
      return TraceEnabled() ? Count() : 0;
    case kLockStatus:
      return has_lock_ ? kLockImplemented | (unlocked_ ? 0 : kLocked) : 0;
    default:
      return 0;
  }
}

void Dwt::Write(uint32_t offset, uint32_t value) {
  if (offset == kLockAccess) {
    unlocked_ = !has_lock_ || value == kLockKey;
    return;
  }
  if (!unlocked_ || !TraceEnabled()) {
    return;
  }
  if (offset == kCtrl) {
    // A change of the enable bit neither loses nor invents cycles.
    held_ = Count();
    base_cycles_ = clock_->NowCycles() - held_;
    ctrl_ = value & kCtrlWritable;
  } else if (offset == kCyccnt) {
    held_ = value;
    base_cycles_ = clock_->NowCycles() - value;
  }
}

}  // namespace tinyrig::emulator
