// Reset and clock control of the STM32F4 and F7.
//
// Emulated: oscillator and PLL ready bits after their start-up time, the clock
// switch, dividers, peripheral clock enables and resets, reset flags.
// NOT emulated: clock security system, LSE, RTC clock, PLLI2S/PLLSAI outputs
// (their ready bits work), spread spectrum, MCO pins, low-power enables (kept,
// without effect), TIMPRE.
// Sources: RM0402 (F412), RM0385 (F746), chapter 6 and 5.
#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include "boards/board.h"
#include "emulator/chip/clock_tree.h"
#include "emulator/chip/registers.h"

namespace tinyrig::emulator {

/// RCC_CSR bits 25 to 31: why the last reset happened.
namespace reset_flag {
constexpr uint32_t kBrownOut = Bit(25);
constexpr uint32_t kPin = Bit(26);
constexpr uint32_t kPowerOn = Bit(27);
constexpr uint32_t kSoftware = Bit(28);
constexpr uint32_t kIwdg = Bit(29);
constexpr uint32_t kAll = 0xFE000000;
}  // namespace reset_flag

/// Where a peripheral's clock enable lives: register offset (0x30 AHB1ENR,
/// 0x34 AHB2ENR, 0x40 APB1ENR, 0x44 APB2ENR) and bit. Offset 0: always on.
struct ClockGate {
  uint32_t offset = 0;
  unsigned bit = 0;
};

class Rcc : public RegisterDevice {
 public:
  struct Hooks {
    std::function<void()> clocks_changed;
    /// A peripheral reset bit rose; named by its enable register and bits.
    std::function<void(uint32_t enable_offset, uint32_t bits)> reset_block;
  };

  Rcc(const boards::Board& board, EventQueue& events, Hooks hooks);

  void Reset() override;
  /// ORs into the reset flags; a power-on clears the old ones first.
  void SetResetCause(uint32_t flags);

  [[nodiscard]] const Clocks& clocks() const { return clocks_; }
  [[nodiscard]] bool Enabled(const ClockGate& gate) const;
  [[nodiscard]] bool PllOn() const;
  /// The kernel clock of USART `number` (1 to 8): its bus clock, or on the F7
  /// what DCKCFGR2 selects.
  [[nodiscard]] uint32_t UsartKernelHz(int number) const;
  /// CPU cycles of that many nanoseconds at the present clock, at least 1.
  [[nodiscard]] uint64_t CyclesFor(uint64_t nanoseconds) const;

 protected:
  uint32_t ReadWord(uint32_t offset_bytes) override;
  void WriteWord(uint32_t offset_bytes, uint32_t value, uint32_t mask) override;

 private:
  static constexpr uint32_t kRegisterBytes = 0x98;
  struct Oscillator {
    unsigned on_bit = 0;
    uint64_t startup_ns = 0;
    uint64_t ready_at_cycles = 0;
  };

  uint32_t& Reg(uint32_t offset) { return registers_[offset / 4]; }
  [[nodiscard]] uint32_t Reg(uint32_t offset) const {
    return registers_[offset / 4];
  }
  [[nodiscard]] bool Ready(const Oscillator& oscillator) const;
  void WriteCr(uint32_t value, uint32_t mask);
  void TrySwitch();
  void Recompute();
  [[nodiscard]] uint32_t SourceHz(uint32_t source) const;

  const boards::Board& board_;
  EventQueue& events_;
  Hooks hooks_;
  bool f7_;
  std::array<uint32_t, kRegisterBytes / 4> registers_{};
  std::array<Oscillator, 5> oscillators_;  // HSI HSE PLL PLLI2S PLLSAI
  uint32_t active_source_ = 0;             // SWS
  uint32_t csr_flags_ = 0;
  Clocks clocks_;
};

}  // namespace tinyrig::emulator
