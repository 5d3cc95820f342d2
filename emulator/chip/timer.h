// TIM2 and TIM5 as 32-bit up-counters with prescaler, reload and the update
// event. NOT emulated: channels, slave modes, down-counting, DMA. A change of
// the bus clock while counting takes effect from that change on.
// Source: RM0402 chapter 18, RM0385 chapter 23.
#pragma once

#include <cstdint>
#include <functional>

#include "emulator/chip/rcc.h"

namespace tinyrig::emulator {

class Timer : public RegisterDevice {
 public:
  Timer(const Rcc& rcc, EventQueue& events,
        std::function<void(bool)> interrupt);
  void Reset() override;
  /// HCLK or the APB1 divider changed just now.
  void ClockChanged();

 protected:
  uint32_t ReadWord(uint32_t offset_bytes) override;
  void WriteWord(uint32_t offset_bytes, uint32_t value, uint32_t mask) override;

 private:
  void Advance();
  void Schedule();
  void Update();
  [[nodiscard]] uint64_t CyclesPerCount() const;

  const Rcc& rcc_;
  EventQueue& events_;
  std::function<void(bool)> interrupt_;
  uint32_t cr1_ = 0, dier_ = 0, sr_ = 0;
  uint32_t psc_ = 0, active_psc_ = 0, arr_ = 0xFFFFFFFF, count_ = 0;
  uint64_t seen_cycles_ = 0;  // count_ was right at this cycle
  uint64_t cycles_per_count_ = 1;
  EventQueue::Handle event_ = 0;
};

}  // namespace tinyrig::emulator
