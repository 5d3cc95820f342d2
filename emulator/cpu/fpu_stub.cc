// temporary
#include "emulator/cpu/cpu.h"
#include "emulator/cpu/decode.h"
#include "emulator/cpu/exec.h"
namespace tinyrig::emulator {
void DecodeCoprocessor(const DecodeInput&, Decoded* d) {
  d->op.fn = NoCoprocessor;
}
const Op* FpGate(Cpu& cpu, const Op* op) {
  return NoCoprocessor(cpu, op);
}
void Cpu::EnterFpu() {}
void Cpu::LeaveFpu() {}
uint32_t Cpu::ReadFpscr() {
  return fpscr;
}
void Cpu::WriteFpscr(uint32_t value) {
  fpscr = value;
}
}  // namespace tinyrig::emulator
