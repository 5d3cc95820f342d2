// Faults end in a record that survives the reset, a fault event on the line,
// and a reset. Nothing hangs: a fault inside of this resets at once.
#pragma once

#include <cstdint>

#include "firmware/hal.h"

/// Every exception that nobody expects; finds out by itself which it is.
extern "C" void Fault_Handler();

namespace tinyrig::cortex_m {

/// Call once after the reset cause is known: counts the boot, and turns a
/// watchdog reset into a fault record. \return this boot's id.
uint32_t BeginBoot(uint32_t reset_cause);

}  // namespace tinyrig::cortex_m
