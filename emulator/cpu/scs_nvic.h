// The registers through which programs see the states of exceptions, made of
// and written to the Nvic: ICSR, SHCSR and priorities (DDI 0403, B3.2).
#pragma once

#include <cstdint>

#include "emulator/cpu/nvic.h"

namespace tinyrig::emulator {

/// SHCSR.
uint32_t SystemHandlerState(const Nvic& nvic);
void SetSystemHandlerState(Nvic* nvic, uint32_t value);
/// ICSR; `ipsr` is the exception that runs.
uint32_t InterruptControl(const Nvic& nvic, uint32_t ipsr);
void SetInterruptControl(Nvic* nvic, uint32_t value);
/// Four priorities from exception `first` on.
uint32_t PriorityWord(const Nvic& nvic, unsigned first);
void SetPriorityWord(Nvic* nvic, unsigned first, uint32_t value);

}  // namespace tinyrig::emulator
