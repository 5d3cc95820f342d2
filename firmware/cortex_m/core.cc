#include "firmware/cortex_m/core.h"

#include "firmware/cortex_m/linker.h"
#include "firmware/cortex_m/registers.h"
#include "tinyrig_board.h"

namespace tinyrig::cortex_m {
namespace {

constexpr uint32_t kLineBytes = 32;
constexpr uint32_t kDwtUnlock = 0xC5ACCE55;
constexpr uint32_t kAircrReset = 0x05FA0004;

constexpr uint32_t Log2(uint32_t value) {
  return value <= 1 ? 0 : 1 + Log2(value / 2);
}

/// Region 0 over the guard: no access at all (AP = 0), never executed. Other
/// addresses keep the default map. Not checked inside HardFault and NMI.
void GuardStack() {
  if (board::kMpuRegions == 0) {
    return;
  }
  constexpr uint32_t kSize = Log2(board::kStackGuardBytes) - 1;
  Reg(kMpuRnr) = 0;
  Reg(kMpuRbar) = reinterpret_cast<uint32_t>(__tinyrig_stack_guard);
  Reg(kMpuRasr) = (1u << 28) | (1u << 17) | (1u << 16) | (kSize << 1) | 1u;
  Reg(kMpuCtrl) = (1u << 2) | 1u;
  Dsb();
  Isb();
}

void StartCycleCounter() {
  Reg(kDemcr) = Reg(kDemcr) | (1u << 24);
  Reg(kDwtLar) = kDwtUnlock;  // the M7's software lock; no such register on M4
  Reg(kDwtCyccnt) = 0;
  Reg(kDwtCtrl) = Reg(kDwtCtrl) | 1u;
}

/// Every line of the D-cache by set and way; `operation` is DCISW or DCCISW.
void ForEachDataLine(uint32_t operation) {
  Reg(kCsselr) = 0;
  Dsb();
  const uint32_t ccsidr = Reg(kCcsidr);
  const uint32_t last_set = (ccsidr >> 13) & 0x7FFF;
  const uint32_t last_way = (ccsidr >> 3) & 0x3FF;
  const auto way_shift =
      static_cast<uint32_t>(last_way == 0 ? 31 : __builtin_clz(last_way));
  for (uint32_t set = 0; set <= last_set; ++set) {
    for (uint32_t way = 0; way <= last_way; ++way) {
      Reg(operation) = (way << way_shift) | (set * kLineBytes);
    }
  }
  Dsb();
}

}  // namespace

void SetUpCore() {
  Reg(kShcsr) = Reg(kShcsr) | (7u << 16);
  Reg(kCcr) = Reg(kCcr) | kCcrDiv0Trap;
  StartCycleCounter();
  GuardStack();
}

void EnableCaches() {
  if (board::kIcacheBytes != 0) {
    Dsb();
    Isb();
    Reg(kIciallu) = 0;
    Dsb();
    Isb();
    Reg(kCcr) = Reg(kCcr) | kCcrIc;
  }
  if (board::kDcacheBytes != 0) {
    ForEachDataLine(kDcisw);
    Reg(kCcr) = Reg(kCcr) | kCcrDc;
  }
  Dsb();
  Isb();
}

void EmptyCaches() {
  if (board::kDcacheBytes != 0) {
    Dsb();
    ForEachDataLine(kDccisw);
  }
  if (board::kIcacheBytes != 0) {
    Reg(kIciallu) = 0;
  }
  Dsb();
  Isb();
}

void CleanCache(const void* start, size_t size) {
  if (board::kDcacheBytes == 0) {
    return;
  }
  Dsb();
  const auto begin = reinterpret_cast<uint32_t>(start) & ~(kLineBytes - 1);
  const uint32_t end = reinterpret_cast<uint32_t>(start) + size;
  for (uint32_t line = begin; line < end; line += kLineBytes) {
    Reg(kDccmvac) = line;
  }
  Dsb();
}

void StartTick(uint32_t clock_hz) {
  constexpr uint32_t kTicksPerSecond = 20;
  constexpr uint32_t kLongest = 0xFFFFFF;
  const uint32_t reload = clock_hz / kTicksPerSecond;
  Reg(kSysTickLoad) = reload < kLongest ? reload : kLongest;
  Reg(kSysTickVal) = 0;
  Reg(kSysTickCtrl) = 7;  // core clock, interrupt, on
}

void EnableInterrupt(uint32_t irq) {
  Reg(kNvicIser + irq / 32 * 4) = 1u << (irq % 32);
}

bool CanBeInterrupted() {
  uint32_t masked;
  uint32_t exception;
  asm volatile("mrs %0, primask" : "=r"(masked));
  asm volatile("mrs %0, ipsr" : "=r"(exception));
  return (masked & 1) == 0 && (exception & 0x1FF) == 0;
}

void SleepWhile(bool (*idle)()) {
  // A pending interrupt ends WFI even while it is masked.
  asm volatile("cpsid i" ::: "memory");
  if (idle()) {
    Dsb();
    asm volatile("wfi" ::: "memory");
  }
  asm volatile("cpsie i" ::: "memory");
  Isb();
}

void SystemReset() {
  Dsb();
  Reg(kAircr) = kAircrReset;
  Dsb();
  for (;;) {
  }
}

}  // namespace tinyrig::cortex_m
