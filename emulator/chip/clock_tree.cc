#include "emulator/chip/clock_tree.h"

#include <algorithm>

namespace tinyrig::emulator {
namespace {

uint32_t AhbDivider(uint32_t hpre) {
  constexpr uint32_t kDividers[8] = {2, 4, 8, 16, 64, 128, 256, 512};
  return hpre < 8 ? 1 : kDividers[hpre - 8];
}

uint32_t ApbDivider(uint32_t ppre) {
  return ppre < 4 ? 1 : 2u << (ppre - 4);
}

}  // namespace

uint32_t PllOutputHz(uint32_t pllcfgr, uint32_t hse_hz, uint32_t hsi_hz) {
  const uint32_t m = pllcfgr & 0x3F;
  const uint32_t n = (pllcfgr >> 6) & 0x1FF;
  const uint32_t p = 2 * (((pllcfgr >> 16) & 3) + 1);
  const uint64_t source_hz = (pllcfgr & (1u << 22)) != 0 ? hse_hz : hsi_hz;
  if (m < 2 || n < 50 || n > 432) {
    return 0;
  }
  return static_cast<uint32_t>(source_hz * n / m / p);
}

Clocks DivideClocks(uint32_t sysclk_hz, uint32_t cfgr) {
  Clocks clocks;
  const uint32_t apb1 = ApbDivider((cfgr >> 10) & 7);
  clocks.sysclk_hz = sysclk_hz;
  clocks.hclk_hz = sysclk_hz / AhbDivider((cfgr >> 4) & 0xF);
  clocks.pclk1_hz = clocks.hclk_hz / apb1;
  clocks.pclk2_hz = clocks.hclk_hz / ApbDivider((cfgr >> 13) & 7);
  clocks.timer1_hz = apb1 == 1 ? clocks.pclk1_hz : 2 * clocks.pclk1_hz;
  return clocks;
}

uint32_t NeededWaitStates(uint32_t hclk_hz) {
  constexpr uint32_t kHzPerWaitState = 30'000'000;
  return (std::max(hclk_hz, 1u) - 1) / kHzPerWaitState;
}

}  // namespace tinyrig::emulator
