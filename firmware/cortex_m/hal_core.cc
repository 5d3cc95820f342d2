// The part of hal.h that the core answers.
#include "firmware/cortex_m/hal_core.h"

#include <cstring>

#include "firmware/chip/chip.h"
#include "firmware/cortex_m/core.h"
#include "firmware/cortex_m/fault.h"
#include "firmware/cortex_m/registers.h"
#include "tinyrig_board.h"

namespace tinyrig {
namespace {

/// A virtual board's 64-bit instruction counter: reading the low word latches
/// the high one. There is nothing at this address on a chip.
constexpr uint32_t kInstructionsLow = 0xE0043000;
constexpr uint32_t kInstructionsHigh = 0xE0043004;

hal::Facts facts;
bool is_virtual;

}  // namespace

namespace cortex_m {

void GatherFacts() {
  facts.reset_cause = chip::TakeResetCause();
  facts.boot_id = BeginBoot(facts.reset_cause);
  std::memcpy(facts.uid, reinterpret_cast<const void*>(board::kUidAddress),
              sizeof(facts.uid));
  facts.idcode = Reg(board::kIdcodeAddress);
  facts.cpuid = Reg(kCpuid);
  is_virtual = std::memcmp(facts.uid, "VIRT", 4) == 0;
}

}  // namespace cortex_m

namespace hal {

const Facts& GetFacts() {
  return facts;
}

uint32_t CacheControl() {
  return cortex_m::Reg(cortex_m::kCcr);
}

uint32_t Cycles() {
  cortex_m::Dsb();
  cortex_m::Isb();
  const uint32_t cycles = cortex_m::Reg(cortex_m::kDwtCyccnt);
  asm volatile("" ::: "memory");
  return cycles;
}

uint64_t Instructions() {
  if (!is_virtual) {
    return 0;
  }
  const uint32_t low = cortex_m::Reg(kInstructionsLow);
  const uint32_t high = cortex_m::Reg(kInstructionsHigh);
  return uint64_t{high} << 32 | low;
}

uint32_t MaskInterrupts() {
  uint32_t previous;
  asm volatile("mrs %0, primask\n cpsid i" : "=r"(previous)::"memory");
  return previous;
}

void RestoreInterrupts(uint32_t previous) {
  asm volatile("msr primask, %0" ::"r"(previous) : "memory");
}

void ColdCaches() {
  cortex_m::EmptyCaches();
  chip::EmptyFlashAccelerator();
}

}  // namespace hal
}  // namespace tinyrig
