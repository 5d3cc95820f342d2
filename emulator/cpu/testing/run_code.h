// Tiny programs written as halfwords, for tests of the core.
#pragma once

#include <initializer_list>

#include <gtest/gtest.h>

#include "emulator/cpu/testing/machine.h"

namespace tinyrig::emulator::testing {

constexpr uint32_t kBkpt = 0xBE00;
constexpr uint32_t kLoopHere = 0xE7FE;  // b .
constexpr uint32_t kWfi = 0xBF30;
constexpr uint32_t kBxLr = 0x4770;

inline uint32_t R(const Machine& machine, int i) {
  return machine.core->ReadRegisters().r[i];
}

inline void SetR(Machine* machine, std::initializer_list<uint32_t> values) {
  Core::Registers registers = machine->core->ReadRegisters();
  int i = 0;
  for (uint32_t value : values) {
    registers.r[i++] = value;
  }
  machine->core->WriteRegisters(registers);
}

// Runs `halfwords` from the start, with r0.. preset, to their breakpoint.
inline void RunCode(Machine* machine, std::initializer_list<uint32_t> halfwords,
                    std::initializer_list<uint32_t> registers = {}) {
  const uint32_t end = machine->Put(kProgramStart, halfwords);
  machine->Put(end, {kBkpt});
  machine->core->InvalidateCode(0, kMemoryBytes);
  machine->Start();
  SetR(machine, registers);
  ASSERT_EQ(machine->core->Run(machine->core->NowCycles() + 100000),
            StopReason::kBreakpoint);
  ASSERT_EQ(R(*machine, 15), end);
}

}  // namespace tinyrig::emulator::testing
