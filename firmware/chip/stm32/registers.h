// Registers that STM32F4 and F7 share, spelled as in the manuals.
// References: RM0402 rev 6 (F412), RM0385 rev 8 (F746).
#pragma once

#include <cstdint>

#include "firmware/cortex_m/registers.h"

namespace tinyrig::stm32 {

using cortex_m::Reg;

constexpr uint32_t kPwr = 0x40007000;
constexpr uint32_t kPwrCr = kPwr + 0x00;
constexpr uint32_t kPwrCsr = kPwr + 0x04;

constexpr uint32_t kRcc = 0x40023800;
constexpr uint32_t kRccCr = kRcc + 0x00;
constexpr uint32_t kRccPllcfgr = kRcc + 0x04;
constexpr uint32_t kRccCfgr = kRcc + 0x08;
constexpr uint32_t kRccAhb1enr = kRcc + 0x30;
constexpr uint32_t kRccApb1enr = kRcc + 0x40;
constexpr uint32_t kRccApb2enr = kRcc + 0x44;
constexpr uint32_t kRccCsr = kRcc + 0x74;

constexpr uint32_t kFlashAcr = 0x40023C00;
constexpr uint32_t kGpioA = 0x40020000;
constexpr uint32_t kGpioStep = 0x400;
constexpr uint32_t kIwdg = 0x40003000;

constexpr uint32_t kCrHseon = 1u << 16;
constexpr uint32_t kCrHserdy = 1u << 17;
constexpr uint32_t kCrHsebyp = 1u << 18;
constexpr uint32_t kCrPllon = 1u << 24;
constexpr uint32_t kCrPllrdy = 1u << 25;
constexpr uint32_t kApb1Pwren = 1u << 28;
constexpr uint32_t kVosScale1 = 3u << 14;
constexpr uint32_t kSwPll = 2;

/// Nothing waits for ever: some 100 ms at the HSI's 16 MHz.
constexpr uint32_t kWaitLimit = 200'000;

/// \return false when `mask` of the register was not `wanted` in time.
inline bool WaitFor(uint32_t address, uint32_t mask, uint32_t wanted) {
  for (uint32_t i = 0; i < kWaitLimit; ++i) {
    if ((Reg(address) & mask) == wanted) {
      return true;
    }
  }
  return false;
}

/// Waits until the last write has arrived: a peripheral answers two clocks
/// after its enable bit.
inline void ReadBack(uint32_t address) {
  [[maybe_unused]] const uint32_t value = Reg(address);
}

inline void SetBits(uint32_t address, uint32_t bits) {
  Reg(address) = Reg(address) | bits;
  ReadBack(address);
}

/// What APB1 (APB2) runs at now.
uint32_t Apb1Hz();
uint32_t Apb2Hz();

}  // namespace tinyrig::stm32
