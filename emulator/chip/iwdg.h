// The independent watchdog, on the 32 kHz LSI in virtual time. NOT emulated:
// the window register (F7), the LSI's spread, freezing in debug halt.
// Source: RM0402 chapter 21, RM0385 chapter 27.
#pragma once

#include <cstdint>
#include <functional>

#include "emulator/chip/rcc.h"

namespace tinyrig::emulator {

class Iwdg : public RegisterDevice {
 public:
  /// \param bite  called at the cycle at which the counter reaches zero
  Iwdg(const Rcc& rcc, EventQueue& events, std::function<void()> bite);

  void Reset() override;
  /// HCLK changed from `old_hclk_hz`: the time that is left stays the same.
  void ClockChanged(uint32_t old_hclk_hz);

  static constexpr uint64_t kLsiHz = 32'000;

 protected:
  uint32_t ReadWord(uint32_t offset_bytes) override;
  void WriteWord(uint32_t offset_bytes, uint32_t value, uint32_t mask) override;

 private:
  void Reload();
  void Schedule(uint64_t at_cycles);

  const Rcc& rcc_;
  EventQueue& events_;
  std::function<void()> bite_;
  uint32_t pr_ = 0, rlr_ = 0xFFF, winr_ = 0xFFF;
  bool unlocked_ = false, running_ = false;
  uint64_t deadline_cycles_ = 0;
  EventQueue::Handle event_ = 0;
};

}  // namespace tinyrig::emulator
