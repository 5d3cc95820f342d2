// The clock tree as it is (RCC_CFGR and RCC_PLLCFGR), and why the chip reset.
#include "firmware/chip/chip.h"
#include "firmware/chip/stm32/registers.h"
#include "firmware/hal.h"

namespace tinyrig {
namespace {

using stm32::Reg;

constexpr uint32_t kCsrRmvf = 1u << 24;

uint32_t PllHz() {
  const uint32_t pll = Reg(stm32::kRccPllcfgr);
  const uint32_t m = pll & 0x3F;
  const uint32_t n = (pll >> 6) & 0x1FF;
  const uint32_t p = ((pll >> 16) & 3) * 2 + 2;
  const uint32_t in = (pll & (1u << 22)) != 0 ? board::kHseHz : board::kHsiHz;
  if (m == 0) {
    return 0;
  }
  // In 32 bits: the VCO stays below 4.3 GHz.
  return (in / m * n + in % m * n / m) / p;
}

uint32_t SysclkHz() {
  switch ((Reg(stm32::kRccCfgr) >> 2) & 3) {
    case 0:
      return board::kHsiHz;
    case 1:
      return board::kHseHz;
    default:
      return PllHz();
  }
}

/// PPRE field: 0xx /1, 100 /2 ... 111 /16.
uint32_t ApbShift(uint32_t field) {
  return field < 4 ? 0 : field - 3;
}

}  // namespace

uint32_t hal::CoreClockHz() {
  // HPRE: 0xxx /1, 1000 /2, ... 1011 /16, 1100 /64 ... 1111 /512.
  constexpr uint8_t kShifts[] = {1, 2, 3, 4, 6, 7, 8, 9};
  const uint32_t hpre = (Reg(stm32::kRccCfgr) >> 4) & 0xF;
  return hpre < 8 ? SysclkHz() : SysclkHz() >> kShifts[hpre - 8];
}

uint32_t hal::FlashAcr() {
  return Reg(stm32::kFlashAcr);
}

uint32_t stm32::Apb1Hz() {
  return hal::CoreClockHz() >> ApbShift((Reg(kRccCfgr) >> 10) & 7);
}

uint32_t stm32::Apb2Hz() {
  return hal::CoreClockHz() >> ApbShift((Reg(kRccCfgr) >> 13) & 7);
}

uint32_t chip::TakeResetCause() {
  const uint32_t csr = Reg(stm32::kRccCsr);
  stm32::SetBits(stm32::kRccCsr, kCsrRmvf);
  struct Flag {
    uint32_t csr;
    uint32_t cause;
  };
  constexpr Flag kFlags[] = {
      {1u << 25, wire::kResetBrownOut}, {1u << 26, wire::kResetPin},
      {1u << 27, wire::kResetPowerOn},  {1u << 28, wire::kResetSoftware},
      {3u << 29, wire::kResetWatchdog}, {1u << 31, wire::kResetLowPower}};
  uint32_t cause = 0;
  for (const Flag& flag : kFlags) {
    cause |= (csr & flag.csr) != 0 ? flag.cause : 0u;
  }
  return cause;
}

}  // namespace tinyrig
