// The frame around every decoder: length, undefined encodings, and the
// wrappers for instructions in IT blocks or with the PC as operand.
#include "emulator/cpu/decode.h"

#include "emulator/cpu/exec.h"

namespace tinyrig::emulator {

Decoded Decode(const DecodeInput& in) {
  Decoded d;
  const bool wide = IsWide(in.hw1);
  d.op.pc = in.pc;
  d.op.it = in.it;
  d.op.step = wide ? 2 * sizeof(Op) : sizeof(Op);
  d.meta.wide = wide;
  if (wide) {
    Decode32(in, &d);
  } else {
    Decode16(in, &d);
  }
  if (d.op.fn == nullptr) {
    d.op.fn = Undefined;
    d.meta = {.cls = OpClass::kSystem, .wide = wide};
  }
  const bool pc_operand = ((d.meta.reads | d.meta.addresses) & 0x8000) != 0;
  if (in.in_it()) {
    d.op.inner = d.op.fn;
    d.op.fn = ConditionalWrapper;
  } else if (pc_operand && d.op.fn != FpGate) {
    d.op.inner = d.op.fn;
    d.op.fn = PcOperandWrapper;
  }
  return d;
}

}  // namespace tinyrig::emulator
