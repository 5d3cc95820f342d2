// DWT: the cycle counter, which counts only while DEMCR.TRCENA and
// DWT_CTRL.CYCCNTENA are set (and on the Cortex-M7 can only be set up after
// the lock access register got its key). It counts on during sleep.
#include "emulator/cpu/cpu.h"

namespace tinyrig::emulator {
namespace {

constexpr uint32_t kTraceEnable = 1u << 24;
constexpr uint32_t kLockKey = 0xC5ACCE55;
constexpr uint32_t kComparators = 4u << 28;

bool Counting(const Cpu& cpu) {
  return (cpu.demcr & kTraceEnable) != 0 && (cpu.dwt_ctrl & 1) != 0;
}

// Where the count stands; moves the base so that a change of the enable bits
// neither loses nor invents cycles.
uint32_t Count(const Cpu& cpu) {
  return Counting(cpu) ? static_cast<uint32_t>(cpu.cycles - cpu.cyccnt_base)
                       : cpu.cyccnt_held;
}

}  // namespace

bool Cpu::ReadDwt(uint32_t offset, uint32_t* value) {
  switch (offset) {
    case 0x000:
      *value = kComparators | dwt_ctrl;
      break;
    case 0x004:
      *value = (demcr & kTraceEnable) != 0 ? Count(*this) : 0;
      break;
    case 0xFB4:  // LSR: implemented on the M7; bit 1 = locked
      *value = IsM7() ? 1u | (dwt_unlocked ? 0u : 2u) : 0u;
      break;
    default:
      *value = 0;
      break;
  }
  return true;
}

bool Cpu::WriteDwt(uint32_t offset, uint32_t value) {
  if (offset == 0xFB0) {
    dwt_unlocked = !IsM7() || value == kLockKey;
    return true;
  }
  if (!dwt_unlocked || (demcr & kTraceEnable) == 0) {
    return true;
  }
  const uint32_t count = Count(*this);
  if (offset == 0x000) {
    dwt_ctrl = value & 0x0FFF1FFF & ~(0xFu << 24);
    cyccnt_held = count;
    cyccnt_base = cycles - count;
  } else if (offset == 0x004) {
    cyccnt_held = value;
    cyccnt_base = cycles - value;
  }
  return true;
}

}  // namespace tinyrig::emulator
