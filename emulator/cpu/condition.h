// The ARM condition codes over the core's flags.
#pragma once

#include "emulator/cpu/cpu.h"

namespace tinyrig::emulator {

[[gnu::always_inline]] inline bool Passes(const Cpu& cpu, unsigned condition) {
  const uint32_t n = cpu.n_src >> 31;
  const bool z = cpu.z_src == 0;
  switch (condition) {
    case 0:
      return z;
    case 1:
      return !z;
    case 2:
      return cpu.c != 0;
    case 3:
      return cpu.c == 0;
    case 4:
      return n != 0;
    case 5:
      return n == 0;
    case 6:
      return cpu.v != 0;
    case 7:
      return cpu.v == 0;
    case 8:
      return cpu.c != 0 && !z;
    case 9:
      return cpu.c == 0 || z;
    case 10:
      return n == cpu.v;
    case 11:
      return n != cpu.v;
    case 12:
      return !z && n == cpu.v;
    case 13:
      return z || n != cpu.v;
    default:
      return true;
  }
}

}  // namespace tinyrig::emulator
