// The CPU core as the chip sees it: one Cortex-M4F or Cortex-M7 with its
// Private Peripheral Bus (NVIC, SysTick, SCB, MPU registers, DWT, FPU).
// Made by CreateCore() in emulator/cpu; wired to a chip by emulator/chip.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "emulator/bus.h"

namespace tinyrig::emulator {

enum class CoreKind {
  kCortexM4F,   ///< ARMv7E-M, FPv4-SP-D16
  kCortexM7Sp,  ///< ARMv7E-M, FPv5 single precision (STM32F746)
  kCortexM7Dp,  ///< ARMv7E-M, FPv5 double precision (F767, H743)
};

struct CoreOptions {
  CoreKind kind = CoreKind::kCortexM4F;
  uint32_t cpuid = 0;        ///< SCB_CPUID, e.g. 0x410FC241
  unsigned irq_count = 112;  ///< external interrupt lines
  unsigned mpu_region_count = 8;
  uint32_t icache_bytes = 0;  ///< CCSIDR only, until caches are modelled
  uint32_t dcache_bytes = 0;
};

enum class StopReason {
  kLimit,       ///< the cycle limit was reached
  kSleep,       ///< WFI/WFE with nothing pending; nothing before the next event
  kLockup,      ///< fault at HardFault priority or above
  kRequested,   ///< RequestStop() was called (from a device or an event)
  kBreakpoint,  ///< BKPT without a debugger, escalated only after this stop
};

class Core : public EventQueue, public InterruptLines {
 public:
  /// Takes the map; call once, before the first reset.
  virtual void Connect(const AddressMap& map, CoreListener* listener) = 0;

  /// System reset: registers as after reset, SP and PC from the vector table
  /// at `vector_table` (VTOR is set to it). Cycles and instructions count on.
  virtual void Reset(uint32_t vector_table) = 0;

  /// Runs until `cycle_limit` (in NowCycles()) or another reason to stop.
  virtual StopReason Run(uint64_t cycle_limit) = 0;

  /// Makes Run() return soon. Safe from any thread.
  virtual void RequestStop() = 0;

  /// While asleep: lets cycles pass without running (cycle counts of WFI).
  virtual void SkipTo(uint64_t cycles) = 0;
  /// Cycle of the next scheduled event, or UINT64_MAX.
  [[nodiscard]] virtual uint64_t NextEventCycles() const = 0;

  /// Executed instructions since power-on (IT-skipped ones count, as retired).
  [[nodiscard]] virtual uint64_t InstructionCount() const = 0;

  /// The memory at [base, base+size) changed behind the core's back (flash
  /// programming, bootloader): decoded instructions there are thrown away.
  virtual void InvalidateCode(uint32_t base, uint32_t size_bytes) = 0;

  /// "m4-trm-v1", "m7-simple-v1": what stands behind every cycle count.
  [[nodiscard]] virtual std::string TimingModel() const = 0;

  // For tests and crash reports.
  struct Registers {
    uint32_t r[16] = {};  ///< r13 = current SP, r15 = next instruction
    uint32_t xpsr = 0;
    uint32_t msp = 0;
    uint32_t psp = 0;
    uint32_t control = 0;
    uint32_t primask = 0;
    uint32_t basepri = 0;
    uint32_t faultmask = 0;
    uint32_t s[32] = {};  ///< d0 = s1:s0
    uint32_t fpscr = 0;
  };
  [[nodiscard]] virtual Registers ReadRegisters() const = 0;
  virtual void WriteRegisters(const Registers& registers) = 0;
};

std::unique_ptr<Core> CreateCore(const CoreOptions& options);

}  // namespace tinyrig::emulator
