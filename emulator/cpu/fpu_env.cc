// FPSCR and the host's floating-point environment. During Run() the host
// rounds as the guest asks and collects the guest's cumulative flags; device
// code called from Run() therefore must not depend on the rounding mode.
#include <cfenv>

#include "emulator/cpu/exec.h"
#include "emulator/cpu/fp.h"

namespace tinyrig::emulator {
namespace {

constexpr uint32_t kFpscrWritable = 0xF7C0009F;
constexpr uint32_t kFpccrAutomatic = 1u << 31;  // ASPEN

int HostRounding(uint32_t fpscr) {
  static constexpr int kModes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD,
                                   FE_TOWARDZERO};
  return kModes[fpscr >> 22 & 3];
}

uint32_t CollectHostFlags() {
  const int flags = std::fetestexcept(FE_ALL_EXCEPT);
  uint32_t bits = 0;
  bits |= (flags & FE_INVALID) != 0 ? kFpInvalid : 0;
  bits |= (flags & FE_DIVBYZERO) != 0 ? kFpDivideByZero : 0;
  bits |= (flags & FE_OVERFLOW) != 0 ? kFpOverflow : 0;
  bits |= (flags & FE_UNDERFLOW) != 0 ? kFpUnderflow : 0;
  bits |= (flags & FE_INEXACT) != 0 ? kFpInexact : 0;
  return bits;
}

}  // namespace

void Cpu::EnterFpu() {
  std::fegetenv(&host_environment_);
  std::fesetround(HostRounding(fpscr));
  std::feclearexcept(FE_ALL_EXCEPT);
}

void Cpu::LeaveFpu() {
  fpscr |= CollectHostFlags();
  std::fesetenv(&host_environment_);
}

uint32_t Cpu::ReadFpscr() {
  fpscr |= CollectHostFlags();
  return fpscr;
}

void Cpu::WriteFpscr(uint32_t value) {
  std::feclearexcept(FE_ALL_EXCEPT);
  fpscr = value & kFpscrWritable;
  std::fesetround(HostRounding(fpscr));
}

bool ActivateFp(Cpu& cpu) {
  if (!cpu.fp_enabled) {
    return false;
  }
  if ((cpu.scb.fpccr & kFpccrAutomatic) != 0 && (cpu.control & 4) == 0) {
    constexpr uint32_t kDefaults = 0x07C00000;
    cpu.WriteFpscr((cpu.ReadFpscr() & ~kDefaults) |
                   (cpu.scb.fpdscr & kDefaults));
    cpu.control |= 4;
  }
  return true;
}

}  // namespace tinyrig::emulator
