// STM32F7 to its maximum. References: RM0385 rev 8, sections 3.3.2 (flash wait
// states), 4.1.4 (voltage scaling, over-drive entry), 5.3 (RCC).
#include "firmware/chip/chip.h"
#include "firmware/chip/stm32/registers.h"
#include "firmware/hal.h"

namespace tinyrig {
namespace {

using stm32::Reg;
using stm32::SetBits;
using stm32::WaitFor;

static_assert(board::kFamily == 7);

constexpr uint32_t kCr1Oden = 1u << 16;
constexpr uint32_t kCr1Odswen = 1u << 17;
constexpr uint32_t kCsr1Odrdy = 1u << 16;
constexpr uint32_t kCsr1Odswrdy = 1u << 17;
constexpr uint32_t kAcrArten = 1u << 9;
constexpr uint32_t kAcrArtrst = 1u << 11;

/// Over-drive is entered while the PLL locks, before it drives the core.
bool EnterOverdrive() {
  if (!board::kOverdrive) {
    return true;
  }
  SetBits(stm32::kPwrCr, kCr1Oden);
  if (!WaitFor(stm32::kPwrCsr, kCsr1Odrdy, kCsr1Odrdy)) {
    return false;
  }
  SetBits(stm32::kPwrCr, kCr1Odswen);
  return WaitFor(stm32::kPwrCsr, kCsr1Odswrdy, kCsr1Odswrdy);
}

}  // namespace

void chip::SetUpClocks() {
  SetBits(stm32::kRccApb1enr, stm32::kApb1Pwren);
  SetBits(stm32::kPwrCr, stm32::kVosScale1);
  SetBits(stm32::kRccCr, (board::kHseBypass ? stm32::kCrHsebyp : 0u));
  SetBits(stm32::kRccCr, stm32::kCrHseon);
  if (!WaitFor(stm32::kRccCr, stm32::kCrHserdy, stm32::kCrHserdy)) {
    return;
  }
  Reg(stm32::kRccPllcfgr) = board::kPllcfgr;
  SetBits(stm32::kRccCr, stm32::kCrPllon);
  if (!EnterOverdrive() ||
      !WaitFor(stm32::kRccCr, stm32::kCrPllrdy, stm32::kCrPllrdy)) {
    return;
  }
  Reg(stm32::kFlashAcr) = board::kFlashAcr;
  if (!WaitFor(stm32::kFlashAcr, 0xF, board::kFlashAcr & 0xF)) {
    return;
  }
  Reg(stm32::kRccCfgr) = board::kCfgr;
  Reg(stm32::kRccCfgr) = board::kCfgr | stm32::kSwPll;
  WaitFor(stm32::kRccCfgr, 3u << 2, stm32::kSwPll << 2);
}

void chip::EmptyFlashAccelerator() {
  // Only for code on the ITCM alias; ours runs over AXI and the L1 caches.
  const uint32_t acr = Reg(stm32::kFlashAcr);
  Reg(stm32::kFlashAcr) = acr & ~kAcrArten;
  Reg(stm32::kFlashAcr) = (acr & ~kAcrArten) | kAcrArtrst;
  Reg(stm32::kFlashAcr) = acr & ~kAcrArten;
  Reg(stm32::kFlashAcr) = acr;
  stm32::ReadBack(stm32::kFlashAcr);
}

}  // namespace tinyrig
