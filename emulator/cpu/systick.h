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
  [[nodiscard]] uint32_t Current() const;
  void ClearCurrent();

 private:
  [[nodiscard]] bool Running() const;
  [[nodiscard]] uint64_t CyclesPerTick() const;
  [[nodiscard]] uint64_t Ticks() const;
  [[nodiscard]] uint64_t Wraps() const;
  void StartAt(uint32_t value);
  void Schedule();

  EventQueue* clock_;
  std::function<void()> tick_;
  uint32_t control_ = 0;       // ENABLE, TICKINT, CLKSOURCE
  uint32_t reload_ = 0;        // 24 bits
  uint64_t start_cycles_ = 0;  // when the counter would have been at RELOAD
  uint32_t held_ = 0;          // the counter while it stands
  uint64_t wraps_seen_ = 0;    // wraps that COUNTFLAG has reported
  EventQueue::Handle event_ = 0;
};

}  // namespace tinyrig::emulator
