// The data watchpoint and trace unit as far as it is emulated: CYCCNT, and
// DEMCR whose TRCENA switches it on. It counts CPU clocks, during sleep too,
// while DEMCR.TRCENA and DWT_CTRL.CYCCNTENA are set; on the Cortex-M7 it can
// only be set up after the lock access register got its key.
// Source: DDI 0403, C1.6.5 and C1.8; Cortex-M7 TRM (DDI 0489), 12.
#pragma once

#include <cstdint>

#include "emulator/bus.h"

namespace tinyrig::emulator {

class Dwt {
 public:
  /// Offsets from 0xE0001000.
  static constexpr uint32_t kCtrl = 0x000;
  static constexpr uint32_t kCyccnt = 0x004;
  static constexpr uint32_t kLockAccess = 0xFB0;
  static constexpr uint32_t kLockStatus = 0xFB4;

  /// `clock` outlives this; `has_lock`: the Cortex-M7's lock registers.
  Dwt(const EventQueue* clock, bool has_lock);

  void Reset();
  /// Other offsets read as zero and ignore writes.
  [[nodiscard]] uint32_t Read(uint32_t offset) const;
  void Write(uint32_t offset, uint32_t value);

  [[nodiscard]] uint32_t demcr() const { return demcr_; }
  void set_demcr(uint32_t value) { demcr_ = value; }

 private:
  [[nodiscard]] bool TraceEnabled() const;
  [[nodiscard]] uint32_t Count() const;

  const EventQueue* clock_;
  const bool has_lock_;
  bool unlocked_ = false;
  uint32_t demcr_ = 0;
  uint32_t ctrl_ = 0;
  uint64_t base_cycles_ = 0;  // the counter is now - base while it counts
  uint32_t held_ = 0;         // and this while it stands
};

}  // namespace tinyrig::emulator
