// The registers through which programs see exceptions: NVIC, ICSR, SHCSR and
// the priority registers. Offsets count from 0xE000E000.
#pragma once

#include "emulator/cpu/cpu.h"

namespace tinyrig::emulator {

uint32_t SystemHandlerState(const Nvic& nvic);  // SHCSR
void SetSystemHandlerState(Nvic* nvic, uint32_t value);
uint32_t InterruptControl(const Cpu& cpu);  // ICSR
void SetInterruptControl(Cpu* cpu, uint32_t value);
/// Four priorities from exception `first` on.
uint32_t PriorityWord(const Nvic& nvic, unsigned first);
void SetPriorityWord(Nvic* nvic, unsigned first, uint32_t value);
bool IsNvic(uint32_t offset);
uint32_t ReadNvic(const Nvic& nvic, uint32_t offset);
void WriteNvic(Cpu* cpu, uint32_t offset, uint32_t value);

}  // namespace tinyrig::emulator
