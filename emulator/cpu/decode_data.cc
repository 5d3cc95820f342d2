// 32-bit data processing: modified and plain immediates, shifted registers,
// register operations (DDI 0403, A5.3.1, A5.3.3, A5.3.11, A5.3.12).
#include "emulator/cpu/decode.h"
#include "emulator/cpu/exec.h"

namespace tinyrig::emulator {
namespace {

struct Operation {
  Alu alu = Alu::kMov;
  bool valid = false;
  bool compares = false;  // no result
  bool uses_rn = true;
};

Operation OperationOf(uint32_t code, uint8_t rn, uint8_t rd, bool s) {
  const bool test = rd == 15 && s;
  switch (code) {
    case 0:
      return {test ? Alu::kTst : Alu::kAnd, true, test, true};
    case 1:
      return {Alu::kBic, true, false, true};
    case 2:
      return {rn == 15 ? Alu::kMov : Alu::kOrr, true, false, rn != 15};
    case 3:
      return {rn == 15 ? Alu::kMvn : Alu::kOrn, true, false, rn != 15};
    case 4:
      return {test ? Alu::kTeq : Alu::kEor, true, test, true};
    case 8:
      return {test ? Alu::kCmn : Alu::kAdd, true, test, true};
    case 10:
      return {Alu::kAdc, true, false, true};
    case 11:
      return {Alu::kSbc, true, false, true};
    case 13:
      return {test ? Alu::kCmp : Alu::kSub, true, test, true};
    case 14:
      return {Alu::kRsb, true, false, true};
    default:
      return {};
  }
}

struct Constant {
  uint32_t value = 0;
  uint8_t carry = 0;  // Op::ra of an immediate operation
  bool rotated = false;
};

Constant Expand(uint32_t imm12) {
  const uint32_t byte = imm12 & 0xFF;
  switch (imm12 >> 8) {
    case 0:
      return {byte};
    case 1:
      return {byte | byte << 16};
    case 2:
      return {byte << 8 | byte << 24};
    case 3:
      return {byte * 0x01010101u};
    default:
      break;
  }
  const uint32_t value = (imm12 & 0x7F) | 0x80;
  const uint32_t turn = imm12 >> 7;
  const uint32_t rotated = value >> turn | value << (32 - turn);
  return {rotated, static_cast<uint8_t>(2 | rotated >> 31), true};
}

uint32_t Imm12(const DecodeInput& in) {
  return Field(in.hw1, 10, 1) << 11 | Field(in.hw2, 12, 3) << 8 |
         (in.hw2 & 0xFF);
}

void SetReads(Decoded* d, bool rn, bool rm) {
  d->meta.reads = static_cast<uint16_t>((rn ? Mask(d->op.rn) : 0) |
                                        (rm ? Mask(d->op.rm) : 0));
}

void SetRegisters(const DecodeInput& in, Decoded* d) {
  d->op.rd = Reg(in.hw2, 8);
  d->op.rn = Reg(in.hw1, 0);
  d->op.rm = Reg(in.hw2, 0);
  d->meta.writes = Mask(d->op.rd);
}

void Pack(const DecodeInput& in, Decoded* d) {
  if ((in.hw1 & 0x10) != 0 || (in.hw2 & 0x10) != 0) {
    return;
  }
  SetRegisters(in, d);
  const uint32_t amount = Field(in.hw2, 12, 3) << 2 | Field(in.hw2, 6, 2);
  const bool top = (in.hw2 & 0x20) != 0;
  d->op.fn = top ? PkhTb : PkhBt;
  d->op.imm = top && amount == 0 ? 32 : amount;
  d->meta.cls = OpClass::kDsp;
  SetReads(d, true, true);
}

void Saturate(const DecodeInput& in, Decoded* d, bool is_signed) {
  const uint32_t amount = Field(in.hw2, 12, 3) << 2 | Field(in.hw2, 6, 2);
  const bool arithmetic = (in.hw1 & 0x20) != 0;
  const uint32_t bits = in.hw2 & 0x1F;
  const bool halves = arithmetic && amount == 0;
  d->op.rm = arithmetic ? 1 : 0;
  d->op.imm = amount;
  d->op.ra = static_cast<uint8_t>(is_signed ? bits + 1 : bits);
  if (halves) {
    d->op.ra = static_cast<uint8_t>(is_signed ? (bits & 15) + 1 : bits & 15);
    d->op.fn = is_signed ? Ssat16 : Usat16;
  } else {
    d->op.fn = is_signed ? Ssat : Usat;
  }
  d->meta.cls = OpClass::kDsp;
  SetReads(d, true, false);
}

void BitField(const DecodeInput& in, Decoded* d, uint32_t code) {
  const uint32_t lsb = Field(in.hw2, 12, 3) << 2 | Field(in.hw2, 6, 2);
  const uint32_t last = in.hw2 & 0x1F;
  d->op.imm = lsb;
  d->meta.cls = OpClass::kDsp;
  SetReads(d, true, false);
  if (code == 0x16) {
    if (last < lsb) {
      return;  // UNPREDICTABLE: treated as undefined
    }
    d->op.ra = static_cast<uint8_t>(last - lsb + 1);
    d->op.fn = d->op.rn == 15 ? Bfc : Bfi;
    d->meta.reads = static_cast<uint16_t>(
        Mask(d->op.rd) | (d->op.rn == 15 ? 0 : Mask(d->op.rn)));
    return;
  }
  if (lsb + last > 31) {
    return;
  }
  d->op.ra = static_cast<uint8_t>(last + 1);
  d->op.fn = code == 0x14 ? Sbfx : Ubfx;
}

}  // namespace

void DecodeDataImmediate(const DecodeInput& in, Decoded* d) {
  const bool s = (in.hw1 & 0x10) != 0;
  SetRegisters(in, d);
  const Operation what =
      OperationOf(Field(in.hw1, 5, 4), d->op.rn, d->op.rd, s);
  if (!what.valid) {
    return;
  }
  const Constant constant = Expand(Imm12(in));
  d->op.imm = constant.value;
  d->op.ra = constant.carry;
  d->op.rm = 0;
  d->op.fn = AluImmediate(what.alu, s);
  d->meta.cls = constant.rotated ? OpClass::kInlineShift : OpClass::kAlu;
  d->meta.writes = what.compares ? uint16_t{0} : d->meta.writes;
  SetReads(d, what.uses_rn, false);
  if (!what.uses_rn) {
    d->op.rn = 0;
  }
}

void DecodeDataPlain(const DecodeInput& in, Decoded* d) {
  SetRegisters(in, d);
  const uint32_t code = Field(in.hw1, 4, 5);
  const uint32_t imm12 = Imm12(in);
  const uint32_t imm16 = Field(in.hw1, 0, 4) << 12 | imm12;
  switch (code) {
    case 0x00:
    case 0x0A: {
      const bool add = code == 0;
      if (d->op.rn == 15) {
        const uint32_t base = (in.pc + 4) & ~3u;
        d->op.rn = 0;
        d->op.imm = add ? base + imm12 : base - imm12;
        d->op.fn = AluImmediate(Alu::kMov, false);
      } else {
        d->op.imm = imm12;
        d->op.fn = AluImmediate(add ? Alu::kAdd : Alu::kSub, false);
        SetReads(d, true, false);
      }
      break;
    }
    case 0x04:
      d->op.rn = 0;
      d->op.imm = imm16;
      d->op.fn = AluImmediate(Alu::kMov, false);
      break;
    case 0x0C:
      d->op.imm = imm16;
      d->op.fn = MovTop;
      d->meta.reads = Mask(d->op.rd);
      break;
    case 0x10:
    case 0x12:
      Saturate(in, d, true);
      break;
    case 0x18:
    case 0x1A:
      Saturate(in, d, false);
      break;
    case 0x14:
    case 0x16:
    case 0x1C:
      BitField(in, d, code);
      break;
    default:
      break;
  }
}

void DecodeDataShifted(const DecodeInput& in, Decoded* d) {
  const uint32_t code = Field(in.hw1, 5, 4);
  if (code == 6) {
    Pack(in, d);
    return;
  }
  const bool s = (in.hw1 & 0x10) != 0;
  SetRegisters(in, d);
  const Operation what = OperationOf(code, d->op.rn, d->op.rd, s);
  if (!what.valid) {
    return;
  }
  uint32_t amount = Field(in.hw2, 12, 3) << 2 | Field(in.hw2, 6, 2);
  auto shift = static_cast<Shift>(1 + Field(in.hw2, 4, 2));
  if (amount == 0) {
    switch (shift) {
      case Shift::kLsl:
        shift = Shift::kNone;
        break;
      case Shift::kRor:
        shift = Shift::kRrx;
        break;
      default:
        amount = 32;
        break;
    }
  }
  d->op.imm = amount;
  d->op.fn = AluRegister(what.alu, s, shift);
  if (shift != Shift::kNone) {
    d->meta.cls = what.uses_rn || what.alu == Alu::kMvn ? OpClass::kInlineShift
                                                        : OpClass::kShift;
  }
  d->meta.writes = what.compares ? uint16_t{0} : d->meta.writes;
  SetReads(d, what.uses_rn, true);
  if (!what.uses_rn) {
    d->op.rn = 0;
  }
}

void DecodeDataRegister(const DecodeInput& in, Decoded* d) {
  if (Field(in.hw2, 12, 4) != 15) {
    return;
  }
  SetRegisters(in, d);
  const uint32_t op1 = Field(in.hw1, 4, 4);
  const uint32_t op2 = Field(in.hw2, 4, 4);
  SetReads(d, true, true);
  if (op1 < 8 && op2 == 0) {
    d->op.fn =
        ShiftByRegister(static_cast<Shift>(1 + (op1 >> 1)), (op1 & 1) != 0);
    d->meta.cls = OpClass::kShift;
    return;
  }
  d->meta.cls = OpClass::kDsp;
  if (op1 < 6 && op2 >= 8) {
    const bool add = d->op.rn != 15;
    d->op.fn = Extend(op1, add);
    d->op.imm = (op2 & 3) * 8;
    SetReads(d, add, true);
    return;
  }
  if (op1 >= 8 && op2 < 8) {
    d->op.fn = Parallel(op1 & 7, op2);
    return;
  }
  if (op1 < 8 || op1 > 11 || op2 < 8 || op2 > 11) {
    return;
  }
  static constexpr Handler kTable[4][4] = {{Qadd, Qdadd, Qsub, Qdsub},
                                           {Rev, Rev16, Rbit, RevSh},
                                           {Sel, nullptr, nullptr, nullptr},
                                           {Clz, nullptr, nullptr, nullptr}};
  d->op.fn = kTable[op1 & 3][op2 & 3];
  if (op1 == 9 || op1 == 11) {
    SetReads(d, false, true);  // encoded twice; rm counts
  }
}

}  // namespace tinyrig::emulator
