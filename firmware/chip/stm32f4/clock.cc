// STM32F4 to its maximum. References: RM0402 rev 6, sections 3.4 (flash wait
// states), 5.1.4 (voltage scaling), 6.3 (RCC).
#include "firmware/chip/chip.h"
#include "firmware/chip/stm32/registers.h"
#include "firmware/hal.h"

namespace tinyrig {
namespace {

using stm32::Reg;
using stm32::SetBits;
using stm32::WaitFor;

static_assert(board::kFamily == 4);
static_assert(!board::kOverdrive, "only F42x and later have over-drive");

constexpr uint32_t kCsrVosrdy = 1u << 14;
constexpr uint32_t kAcrIcen = 1u << 9;
constexpr uint32_t kAcrDcen = 1u << 10;
constexpr uint32_t kAcrIcrst = 1u << 11;
constexpr uint32_t kAcrDcrst = 1u << 12;

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
  // Scale 1 takes effect when the PLL is on.
  if (!WaitFor(stm32::kRccCr, stm32::kCrPllrdy, stm32::kCrPllrdy) ||
      !WaitFor(stm32::kPwrCsr, kCsrVosrdy, kCsrVosrdy)) {
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
  // The accelerator's lines can be reset only while it is off.
  const uint32_t acr = Reg(stm32::kFlashAcr);
  const uint32_t off = acr & ~(kAcrIcen | kAcrDcen);
  Reg(stm32::kFlashAcr) = off;
  Reg(stm32::kFlashAcr) = off | kAcrIcrst | kAcrDcrst;
  Reg(stm32::kFlashAcr) = off;
  Reg(stm32::kFlashAcr) = acr;
  stm32::ReadBack(stm32::kFlashAcr);
}

}  // namespace tinyrig
