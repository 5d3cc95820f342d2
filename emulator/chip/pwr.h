// Power control: voltage scaling and the F7's over-drive. NOT emulated: stop
// and standby modes, the voltage detector, wake-up pins, backup domain access.
// Sources: RM0402 chapter 5, RM0385 chapter 4.
#pragma once

#include <array>

#include "boards/board.h"
#include "emulator/chip/rcc.h"

namespace tinyrig::emulator {

class Pwr : public RegisterDevice {
 public:
  Pwr(boards::Family family, const Rcc& rcc)
      : f7_(family == boards::Family::kStm32F7), rcc_(rcc) {
    Pwr::Reset();
  }
  void Reset() override {
    registers_.fill(0);
    registers_[0] = 0xC000;  // VOS scale 1
  }

 protected:
  uint32_t ReadWord(uint32_t offset) override {
    if (offset != 4) {
      return offset / 4 < registers_.size() ? registers_[offset / 4] : 0;
    }
    // VOS takes effect when the PLL is on, so VOSRDY comes then.
    uint32_t value = registers_[1] | (rcc_.PllOn() ? Bit(14) : 0);
    if (f7_) {
      const bool overdrive = (registers_[0] & Bit(16)) != 0;
      const bool switched = overdrive && (registers_[0] & Bit(17)) != 0;
      value |= (overdrive ? Bit(16) : 0) | (switched ? Bit(17) : 0);
    }
    return value;
  }
  void WriteWord(uint32_t offset, uint32_t value, uint32_t mask) override {
    constexpr uint32_t kCsrWritable = 0x300;  // EWUP, BRE
    if (offset / 4 < registers_.size()) {
      const uint32_t writable = offset == 4 ? kCsrWritable : ~0u;
      Merge(&registers_[offset / 4], value, mask & writable);
    }
  }

 private:
  bool f7_;
  const Rcc& rcc_;
  std::array<uint32_t, 4> registers_{};
};

}  // namespace tinyrig::emulator
