// Integer division ends early. The M4 step function is one of two that fit the
// published points (2 for a zero operand, 3 when the dividend is shorter than
// the divisor, up to 12); the M7 figure is a guess between two compilers'.
#include <bit>

#include "emulator/cpu/timing.h"

namespace tinyrig::emulator {

unsigned DivideExtraCycles(bool m7, uint32_t dividend, uint32_t divisor) {
  if (dividend == 0 || divisor == 0) {
    return 0;
  }
  const int difference = std::countl_zero(divisor) - std::countl_zero(dividend);
  if (m7) {
    return difference < 0 ? 2 : 5;
  }
  if (difference < 0) {
    return 1;
  }
  return 2 + (static_cast<unsigned>(difference) + 3) / 4;
}

}  // namespace tinyrig::emulator
