// The frame around every decoder: length, undefined encodings, and the
// wrappers for instructions in IT blocks or with the PC as operand.
#include "emulator/cpu/decode.h"

#include "emulator/cpu/exec.h"

namespace tinyrig::emulator {
namespace {

// What the architecture calls UNPREDICTABLE in an IT block is undefined here:
// conditional branches, CPS, FP instructions without condition (VSEL, VMAXNM,
// VRINTA...) anywhere; whatever else writes the PC except as the last one.
// (DDI 0403, A7.3 and the pages of the instructions.)
bool MayStandInItBlock(const DecodeInput& in, const Decoded& d) {
  const bool last = (in.it & 0xF) == 8;
  switch (d.meta.cls) {
    case OpClass::kBranch:
      return d.meta.conditional_branch == 0 && last;
    case OpClass::kBranchReg:
    case OpClass::kLoadPc:
    case OpClass::kTableBranch:
      return last;
    case OpClass::kMultiple:
      return d.meta.loads_pc == 0 || last;
    default:
      return d.op.fn != Cps && (in.hw1 & 0xFF00) != 0xFE00;
  }
}

}  // namespace

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
  if (d.op.fn == nullptr || (in.in_it() && !MayStandInItBlock(in, d))) {
    d.op.fn = Undefined;
    d.meta = {.cls = OpClass::kSystem, .wide = wide};
  }
  const bool pc_operand = ((d.meta.reads | d.meta.addresses) & 0x8000) != 0;
  if (in.in_it() && d.op.fn != Bkpt) {  // BKPT knows no condition
    d.op.inner = d.op.fn;
    d.op.fn = ConditionalWrapper;
  } else if (pc_operand && d.op.fn != FpGate) {
    d.op.inner = d.op.fn;
    d.op.fn = PcOperandWrapper;
  }
  return d;
}

}  // namespace tinyrig::emulator
