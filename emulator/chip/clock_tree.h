// The clock tree as arithmetic: register values in, frequencies out.
// Sources: RM0402 and RM0385, chapters "Reset and clock control" and "PLL
// configuration register".
#pragma once

#include <cstdint>

namespace tinyrig::emulator {

/// All in Hz. The CPU runs on HCLK: one cycle of the core is one HCLK clock.
struct Clocks {
  uint32_t sysclk_hz = 0;
  uint32_t hclk_hz = 0;
  uint32_t pclk1_hz = 0;
  uint32_t pclk2_hz = 0;
  uint32_t timer1_hz = 0;  ///< timers on APB1
};

/// PLLCFGR: M [5:0], N [14:6], P [17:16], source [22]. Zero when the setting is
/// one that the manual forbids (M < 2, N < 50).
uint32_t PllOutputHz(uint32_t pllcfgr, uint32_t hse_hz, uint32_t hsi_hz);

/// CFGR: HPRE [7:4], PPRE1 [12:10], PPRE2 [15:13].
Clocks DivideClocks(uint32_t sysclk_hz, uint32_t cfgr);

/// Wait states that flash needs at 2.7 to 3.6 V: one per 30 MHz begun.
uint32_t NeededWaitStates(uint32_t hclk_hz);

}  // namespace tinyrig::emulator
