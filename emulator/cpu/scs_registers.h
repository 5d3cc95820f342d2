// The system control space, 0xE000E000 to 0xE000EFFF, as a table: SysTick,
// NVIC, system control block, MPU and FPU registers. An offset without a row
// reads as zero and ignores writes; so do bits outside a row's mask.
// Source: DDI 0403, B3.2 to B3.5; Cortex-M4 TRM (DDI 0439) and Cortex-M7 TRM
// (DDI 0489) for values the architecture leaves to them.
#pragma once

#include <array>
#include <cstdint>

#include "emulator/core.h"
#include "emulator/cpu/scb.h"

namespace tinyrig::emulator {

class Cpu;

struct ScsRegister {
  const char* name;
  uint32_t offset_bytes;  ///< of the first word, from 0xE000E000
  uint32_t words;         ///< registers in a row, each with its index from 0
  uint32_t cores;         ///< bits 1 << CoreKind that have it
  uint32_t reset;         ///< of `stored`, or of a register that is constant
  uint32_t mask;          ///< bits that a write reaches; the rest come as zero
  uint32_t Scb::*stored;  ///< where the value is kept, or null
  /// Instead of `stored`: called with the index. Null: `stored` or `reset`.
  uint32_t (*read)(Cpu& cpu, uint32_t index);
  /// Instead of storing: called with the index and the masked value.
  void (*write)(Cpu& cpu, uint32_t index, uint32_t value);
  /// Ones act (set, clear): a narrow write must not bring the other bits.
  bool ones_act;
};

/// The rows of one core kind, found by offset in one step.
class ScsTable {
 public:
  explicit ScsTable(CoreKind kind);
  /// `offset_bytes` below 0x1000, rounded down to a word; null: no register.
  [[nodiscard]] const ScsRegister* Find(uint32_t offset_bytes) const;
  /// Sets every stored register to its reset value.
  void Reset(Scb* scb) const;

 private:
  uint32_t core_;
  std::array<uint8_t, 0x400> row_of_word_{};  // row number + 1, 0: none
};

}  // namespace tinyrig::emulator
