// Pins of STM32F4 and F7.
#pragma once

#include <cstdint>

#include "tinyrig_board.h"

namespace tinyrig::stm32 {

/// Gives the pin to a peripheral, pulled up: an open RX line is idle.
void UseAlternate(const board::Pin& pin, uint32_t alternate_function);

}  // namespace tinyrig::stm32
