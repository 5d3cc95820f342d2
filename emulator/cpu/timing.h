// Cycle costs, apart from everything else: the models are to be replaced.
// What each includes and what not: docs/TIMING.md.
#pragma once

#include <cstdint>

#include "emulator/cpu/op.h"

namespace tinyrig::emulator {

/// What one instruction costs when it is followed in line by `next`.
struct Cost {
  uint8_t cycles = 1;
  uint8_t taken_cycles = 0;      ///< more, when it branches
  bool pairs_with_next = false;  ///< M7: the next one is free
};

Cost CostM4(const Meta& now, const Meta& next, uint32_t address);
Cost CostM7(const Meta& now, const Meta& next, uint32_t address);

constexpr char kTimingNameM4[] = "m4-trm-v1";
constexpr char kTimingNameM7[] = "m7-simple-v1";

/// Beyond an aligned access (M4-16: a word is split into aligned transfers;
/// M7-37: three more).
inline unsigned UnalignedExtraCycles(bool m7, uint32_t address, unsigned size) {
  if (m7) {
    return 3;
  }
  return size == 4 && (address & 1) != 0 ? 2 : 1;
}

/// SDIV/UDIV beyond the fixed cost of 2, by operand magnitudes.
unsigned DivideExtraCycles(bool m7, uint32_t dividend, uint32_t divisor);

/// Exceptions, without FP frame and with a zero-wait stack.
constexpr unsigned kExceptionEntryCycles = 12;
constexpr unsigned kExceptionExitCycles = 10;
constexpr unsigned kTailChainCycles = 6;

}  // namespace tinyrig::emulator
