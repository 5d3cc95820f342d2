// What instruction handlers read and write: the architectural registers and
// the counters of the run loop. Plain data, the hottest first; one core's
// thread at a time (whoever is in Run()) touches it.
//
// Flags are kept as the ALU makes them: N is bit 31 of n_src, Z is z_src == 0,
// C and V are 0 or 1; Cpu::Apsr() puts them together.
// Source: ARMv7-M Architecture Reference Manual (DDI 0403), B1.4.
#pragma once

#include <cstdint>

#include "emulator/cpu/op.h"

namespace tinyrig::emulator {

struct CoreState {
  // --- the inner loop
  uint32_t r[16] = {};  ///< r[13]: the current SP; r[15]: PC operands only
  uint32_t n_src = 0;
  uint32_t z_src = 1;
  uint32_t c = 0;
  uint32_t v = 0;
  uint64_t cycles = 0;            ///< CPU clocks since power-on, never reset
  uint64_t deadline = 0;          ///< the inner loop ends at this cycle
  uint64_t instructions = 0;      ///< since power-on, IT-skipped ones count
  uint8_t** read_map = nullptr;   ///< by address >> 12: host page, or null
  uint8_t** write_map = nullptr;  ///< where null means the slow way
  uint32_t slot_open = 0;         ///< M7: 1 while a partner would be free
  uint32_t q = 0;                 ///< APSR.Q
  uint32_t ge = 0;                ///< APSR.GE, 4 bits
  uint32_t s[32] = {};            ///< FP registers; d0 = s1:s0
  uint32_t fpscr = 0;             ///< without the host's pending flags
  const Op* op = nullptr;         ///< the next one, outside the inner loop

  // --- modes, stacks and masks
  uint32_t other_sp = 0;        ///< PSP while MSP is current, and the reverse
  uint32_t control = 0;         ///< bit 0 nPRIV, 1 SPSEL, 2 FPCA
  uint32_t primask = 0;         ///< 0 or 1
  uint32_t faultmask = 0;       ///< 0 or 1
  uint32_t basepri = 0;         ///< 4 priority bits in 7:4
  uint32_t ipsr = 0;            ///< exception number, 0 in Thread mode
  bool exclusive = false;       ///< the local monitor of LDREX
  bool event_register = false;  ///< what WFE waits for
  bool sleeping = false;        ///< by WFI, WFE or SLEEPONEXIT
  bool waiting_for_event = false;  ///< asleep by WFE, not WFI
  bool locked_up = false;          ///< until the next reset
  bool fp_enabled = false;         ///< CPACR grants CP10 and CP11
};

}  // namespace tinyrig::emulator
