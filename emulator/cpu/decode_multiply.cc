// Multiplies and divides (DDI 0403, A5.3.16, A5.3.17).
#include "emulator/cpu/decode.h"
#include "emulator/cpu/exec.h"

namespace tinyrig::emulator {
namespace {

void SetRegisters(const DecodeInput& in, Decoded* d) {
  d->op.rd = Reg(in.hw2, 8);
  d->op.rn = Reg(in.hw1, 0);
  d->op.rm = Reg(in.hw2, 0);
  d->op.ra = Reg(in.hw2, 12);
  d->meta.cls = OpClass::kMul;
  d->meta.writes = Mask(d->op.rd);
  d->meta.reads = static_cast<uint16_t>(Mask(d->op.rn) | Mask(d->op.rm));
}

}  // namespace

void DecodeMultiply(const DecodeInput& in, Decoded* d) {
  if (Field(in.hw2, 6, 2) != 0) {
    return;
  }
  SetRegisters(in, d);
  const uint32_t op2 = Field(in.hw2, 4, 2);
  const bool low = (op2 & 1) != 0;
  const bool accumulate = d->op.ra != 15;
  switch (Field(in.hw1, 4, 3)) {
    case 0:
      if (op2 < 2) {
        d->op.fn = low ? Mls : accumulate ? Mla : Mul;
      }
      break;
    case 1:
      d->op.fn = SmulHalf(op2, accumulate);
      break;
    case 2:
      d->op.fn = op2 < 2 ? SmulDual(low, false, accumulate) : nullptr;
      break;
    case 3:
      d->op.fn = op2 < 2 ? SmulWord(op2, accumulate) : nullptr;
      break;
    case 4:
      d->op.fn = op2 < 2 ? SmulDual(low, true, accumulate) : nullptr;
      break;
    case 5:
      d->op.fn = op2 < 2 ? SmulMost(low, accumulate, false) : nullptr;
      break;
    case 6:
      d->op.fn = op2 < 2 ? SmulMost(low, true, true) : nullptr;
      break;
    default:
      if (op2 == 0) {
        d->op.fn = accumulate ? Usada8 : Usad8;
        d->meta.cls = OpClass::kDsp;
      }
      break;
  }
}

void DecodeLongMultiply(const DecodeInput& in, Decoded* d) {
  SetRegisters(in, d);
  const uint32_t op2 = Field(in.hw2, 4, 4);
  const bool low = (op2 & 1) != 0;
  switch (Field(in.hw1, 4, 3)) {
    case 0:
      d->op.fn = op2 == 0 ? Smull : nullptr;
      break;
    case 1:
    case 3:
      if (op2 == 15) {
        d->op.fn = (in.hw1 & 0x20) != 0 ? Udiv : Sdiv;
        d->meta.cls = OpClass::kDiv;
        return;
      }
      break;
    case 2:
      d->op.fn = op2 == 0 ? Umull : nullptr;
      break;
    case 4:
      if (op2 == 0) {
        d->op.fn = Smlal;
      } else if ((op2 & 0xC) == 8) {
        d->op.fn = SmlalHalf(op2 & 3);
      } else if ((op2 & 0xE) == 0xC) {
        d->op.fn = SmlalDual(low, false);
      }
      break;
    case 5:
      d->op.fn = (op2 & 0xE) == 0xC ? SmlalDual(low, true) : nullptr;
      break;
    case 6:
      d->op.fn = op2 == 0 ? Umlal : op2 == 6 ? Umaal : nullptr;
      break;
    default:
      break;
  }
  d->meta.writes = static_cast<uint16_t>(Mask(d->op.rd) | Mask(d->op.ra));
}

}  // namespace tinyrig::emulator
