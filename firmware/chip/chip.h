// What a chip folder gives to the rest of the firmware. Shared by STM32F4 and
// F7: chip/stm32; apart: chip/stm32f4, chip/stm32f7.
#pragma once

#include <cstdint>

#include "tinyrig_board.h"

namespace tinyrig::chip {

constexpr uint32_t ConsoleIrq(uint32_t usart) {
  switch (usart) {
    case 1:
      return 37;
    case 2:
      return 38;
    case 3:
      return 39;
    default:
      return 71;  // USART6
  }
}
constexpr uint32_t kConsoleIrq = ConsoleIrq(board::kConsoleUsart);
static_assert(board::kConsoleUsart <= 3 || board::kConsoleUsart == 6);

/// To the board's clock, wait states first. When an oscillator does not start,
/// the chip stays on its HSI: hello's core_clock_hz tells.
void SetUpClocks();

/// USART with an interrupt per received byte; the baud rate comes from the
/// clock that really runs.
void SetUpConsole();
void HandleConsoleInterrupt();
/// Takes the oldest received byte. \return false when there is none.
bool ReceiveByte(uint8_t* byte);
bool NothingReceived();
/// Waits until the last bit has left.
void DrainConsole();

/// Cannot be stopped again but by a reset.
void StartWatchdog();

/// wire::ResetCause bits of the last reset, then forgets them in the chip.
uint32_t TakeResetCause();

void SetLed(const board::Pin& pin, bool on);

/// ART lines thrown away, as after a reset.
void EmptyFlashAccelerator();

}  // namespace tinyrig::chip
