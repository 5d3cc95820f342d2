// SysTick, computed from the cycle count; only its interrupt needs an event.
// CLKSOURCE 0 is the external reference, which STM32 wires to HCLK/8.
// Source: DDI 0403, B3.3.
#pragma once

#include <cstdint>
#include <functional>

#include "emulator/bus.h"

namespace tinyrig::emulator {

class SysTick {
 public:
  /// `clock` outlives this. `tick` runs, between two instructions, whenever
  /// the counter reaches zero with TICKINT set.
  SysTick(EventQueue* clock, std::function<void()> tick);

  void Reset();

  /// SYST_CSR; a read clears COUNTFLAG.
  uint32_t ReadControl();
  void WriteControl(uint32_t value);
  /// SYST_RVR, 24 bits.
  [[nodiscard]] uint32_t reload() const { return reload_; }
  void WriteReload(uint32_t value);
  /// SYST_CVR; any write clears it and COUNTFLAG.
  uint32_t Current();
  void ClearCurrent();

 private:
  [[nodiscard]] uint64_t CyclesPerTick() const;
  /// Counts the ticks since `at_cycles_`, moves it to the last of them.
  void CatchUp();
  void Schedule();

  EventQueue* clock_;
  std::function<void()> tick_;
  uint32_t control_ = 0;     // ENABLE, TICKINT, CLKSOURCE
  uint32_t reload_ = 0;      // 24 bits; loaded by the tick that follows zero
  uint32_t value_ = 0;       // the counter as of at_cycles_
  uint64_t at_cycles_ = 0;   // of a tick while the counter runs
  bool count_flag_ = false;  // went from 1 to 0 since the last read of CSR
  EventQueue::Handle event_ = 0;
};

}  // namespace tinyrig::emulator
