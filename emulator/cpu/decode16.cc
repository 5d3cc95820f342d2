// The 16-bit encodings (DDI 0403, A5.2).
#include "emulator/cpu/decode16.h"

#include "emulator/cpu/exec.h"

namespace tinyrig::emulator {
namespace {

void ShiftImmediate(const DecodeInput& in, Decoded* d) {
  const uint32_t hw = in.hw1;
  const uint32_t kind = Field(hw, 11, 2);
  uint32_t amount = Field(hw, 6, 5);
  SetRegisters(d, {LowReg(hw, 0), 0, LowReg(hw, 3)}, true, false, true);
  d->meta.cls = OpClass::kShift;
  Shift shift = kind == 0 ? Shift::kLsl : kind == 1 ? Shift::kLsr : Shift::kAsr;
  if (amount == 0) {
    amount = kind == 0 ? 0 : 32;
    if (kind == 0) {
      shift = Shift::kNone;
      d->meta.cls = OpClass::kAlu;
    }
  }
  d->op.imm = amount;
  d->op.fn = AluRegister(Alu::kMov, !in.in_it(), shift);
}

void AddSubtract3(const DecodeInput& in, Decoded* d) {
  const uint32_t hw = in.hw1;
  const Alu alu = (hw & 0x200) != 0 ? Alu::kSub : Alu::kAdd;
  const bool immediate = (hw & 0x400) != 0;
  SetRegisters(d, {LowReg(hw, 0), LowReg(hw, 3), LowReg(hw, 6)}, true, true,
               !immediate);
  if (immediate) {
    d->op.imm = Field(hw, 6, 3);
    d->op.fn = AluImmediate(alu, !in.in_it());
  } else {
    d->op.fn = AluRegister(alu, !in.in_it(), Shift::kNone);
  }
}

void Immediate8(const DecodeInput& in, Decoded* d) {
  const uint32_t hw = in.hw1;
  static constexpr Alu kAlu[] = {Alu::kMov, Alu::kCmp, Alu::kAdd, Alu::kSub};
  const Alu alu = kAlu[Field(hw, 11, 2)];
  const uint8_t reg = LowReg(hw, 8);
  SetRegisters(d, {reg, reg, 0}, alu != Alu::kCmp, alu != Alu::kMov, false);
  d->op.imm = hw & 0xFF;
  d->op.fn = AluImmediate(alu, alu == Alu::kCmp || !in.in_it());
}

void DataProcessing(const DecodeInput& in, Decoded* d) {
  const uint32_t hw = in.hw1;
  const bool flags = !in.in_it();
  const uint8_t rd = LowReg(hw, 0);
  const uint8_t rm = LowReg(hw, 3);
  SetRegisters(d, {rd, rd, rm}, true, true, true);
  switch (Field(hw, 6, 4)) {
    case 0:
      d->op.fn = AluRegister(Alu::kAnd, flags, Shift::kNone);
      break;
    case 1:
      d->op.fn = AluRegister(Alu::kEor, flags, Shift::kNone);
      break;
    case 2:
      d->op.fn = ShiftByRegister(Shift::kLsl, flags);
      break;
    case 3:
      d->op.fn = ShiftByRegister(Shift::kLsr, flags);
      break;
    case 4:
      d->op.fn = ShiftByRegister(Shift::kAsr, flags);
      break;
    case 5:
      d->op.fn = AluRegister(Alu::kAdc, flags, Shift::kNone);
      break;
    case 6:
      d->op.fn = AluRegister(Alu::kSbc, flags, Shift::kNone);
      break;
    case 7:
      d->op.fn = ShiftByRegister(Shift::kRor, flags);
      break;
    case 8:
      d->op.fn = AluRegister(Alu::kTst, true, Shift::kNone);
      d->meta.writes = 0;
      break;
    case 9:
      SetRegisters(d, {rd, rm, 0}, true, true, false);
      d->op.fn = AluImmediate(Alu::kRsb, flags);
      break;
    case 10:
      d->op.fn = AluRegister(Alu::kCmp, true, Shift::kNone);
      d->meta.writes = 0;
      break;
    case 11:
      d->op.fn = AluRegister(Alu::kCmn, true, Shift::kNone);
      d->meta.writes = 0;
      break;
    case 12:
      d->op.fn = AluRegister(Alu::kOrr, flags, Shift::kNone);
      break;
    case 13:
      d->op.fn = flags ? MulFlags : Mul;
      d->meta.cls = OpClass::kMul;
      break;
    case 14:
      d->op.fn = AluRegister(Alu::kBic, flags, Shift::kNone);
      break;
    default:
      SetRegisters(d, {rd, 0, rm}, true, false, true);
      d->op.fn = AluRegister(Alu::kMvn, flags, Shift::kNone);
      break;
  }
  const uint32_t op = Field(hw, 6, 4);
  if ((op >= 2 && op <= 4) || op == 7) {
    d->meta.cls = OpClass::kShift;
  }
}

void BranchRegister(uint32_t hw, Decoded* d) {
  d->op.rm = Reg(hw, 3);
  d->meta.cls = OpClass::kBranchReg;
  d->meta.reads = Mask(d->op.rm);
  if ((hw & 0x80) != 0) {
    d->op.fn = BranchLinkExchange;
    d->meta.writes = Mask(14);
  } else {
    d->op.fn = BranchExchange;
  }
}

void HighRegisters(const DecodeInput& in, Decoded* d) {
  const uint32_t hw = in.hw1;
  const auto rd = static_cast<uint8_t>((hw & 7) | (hw >> 4 & 8));
  const uint8_t rm = Reg(hw, 3);
  switch (Field(hw, 8, 2)) {
    case 0:
      SetRegisters(d, {rd, rd, rm}, true, true, true);
      d->op.fn = AluRegister(Alu::kAdd, false, Shift::kNone);
      if (rd == 15) {
        d->op.fn = AddPc;
        d->meta.cls = OpClass::kBranchReg;
      }
      break;
    case 1:
      SetRegisters(d, {0, rd, rm}, false, true, true);
      d->op.fn = AluRegister(Alu::kCmp, true, Shift::kNone);
      break;
    case 2:
      SetRegisters(d, {rd, 0, rm}, true, false, true);
      d->op.fn = AluRegister(Alu::kMov, false, Shift::kNone);
      if (rd == 15) {
        d->op.fn = MovPc;
        d->meta.cls = OpClass::kBranchReg;
      }
      break;
    default:
      BranchRegister(hw, d);
      break;
  }
}

void SetAccess(Decoded* d, bool load, Access access, Address mode) {
  Op& op = d->op;
  op.fn = load ? LoadSingle(access, mode) : StoreSingle(access, mode);
  const bool by_register = mode == Address::kRegister;
  d->meta.cls = load          ? OpClass::kLoad
                : by_register ? OpClass::kStoreReg
                              : OpClass::kStore;
  d->meta.is_load = load;
  d->meta.sub_word = access != Access::kU32;
  (load ? d->meta.writes : d->meta.reads) = Mask(op.rd);
  d->meta.addresses =
      static_cast<uint16_t>(Mask(op.rn) | (by_register ? Mask(op.rm) : 0));
}

void LoadLiteral(const DecodeInput& in, Decoded* d) {
  d->op.rd = LowReg(in.hw1, 8);
  d->op.imm = ((in.pc + 4) & ~3u) + (in.hw1 & 0xFF) * 4;
  d->op.fn = LoadSingle(Access::kU32, Address::kLiteral);
  d->meta.cls = OpClass::kLoad;
  d->meta.is_load = 1;
  d->meta.literal = 1;
  d->meta.writes = Mask(d->op.rd);
}

void LoadStore(const DecodeInput& in, Decoded* d) {
  const uint32_t hw = in.hw1;
  const uint32_t top = hw >> 12;
  d->op.rd = LowReg(hw, 0);
  d->op.rn = LowReg(hw, 3);
  bool load = (hw & 0x800) != 0;
  if (top == 5) {
    static constexpr Access kAccess[] = {
        Access::kU32, Access::kU16, Access::kU8, Access::kS8,
        Access::kU32, Access::kU16, Access::kU8, Access::kS16};
    const uint32_t kind = Field(hw, 9, 3);
    d->op.rm = LowReg(hw, 6);
    load = kind >= 3;
    SetAccess(d, load, kAccess[kind], Address::kRegister);
    return;
  }
  const uint32_t imm5 = Field(hw, 6, 5);
  switch (top) {
    case 6:
      d->op.imm = imm5 * 4;
      SetAccess(d, load, Access::kU32, Address::kOffset);
      break;
    case 7:
      d->op.imm = imm5;
      SetAccess(d, load, Access::kU8, Address::kOffset);
      break;
    case 8:
      d->op.imm = imm5 * 2;
      SetAccess(d, load, Access::kU16, Address::kOffset);
      break;
    default:  // 9: SP-relative
      d->op.rd = LowReg(hw, 8);
      d->op.rn = 13;
      d->op.imm = (hw & 0xFF) * 4;
      SetAccess(d, load, Access::kU32, Address::kOffset);
      break;
  }
}

void AddressOf(const DecodeInput& in, Decoded* d) {
  const uint8_t rd = LowReg(in.hw1, 8);
  const uint32_t imm = (in.hw1 & 0xFF) * 4;
  if ((in.hw1 & 0x800) != 0) {
    SetRegisters(d, {rd, 13, 0}, true, true, false);
    d->op.imm = imm;
    d->op.fn = AluImmediate(Alu::kAdd, false);
  } else {
    SetRegisters(d, {rd, 0, 0}, true, false, false);
    d->op.imm = ((in.pc + 4) & ~3u) + imm;
    d->op.fn = AluImmediate(Alu::kMov, false);
  }
}

void ConditionalBranch(const DecodeInput& in, Decoded* d) {
  const uint32_t condition = Field(in.hw1, 8, 4);
  if (condition == 14) {
    return;  // UDF
  }
  if (condition == 15) {
    d->op.fn = Svc;
    d->op.imm = in.hw1 & 0xFF;
    d->meta.cls = OpClass::kSystem;
    return;
  }
  d->op.imm =
      in.pc + 4 + static_cast<uint32_t>(SignExtend(in.hw1 & 0xFF, 8) * 2);
  d->op.fn = BranchIf(condition);
  d->meta.cls = OpClass::kBranch;
  d->meta.conditional_branch = 1;
}

}  // namespace

void Decode16(const DecodeInput& in, Decoded* d) {
  const uint32_t hw = in.hw1;
  switch (hw >> 12) {
    case 0x0:
    case 0x1:
      if ((hw & 0x1800) == 0x1800) {
        AddSubtract3(in, d);
      } else {
        ShiftImmediate(in, d);
      }
      break;
    case 0x2:
    case 0x3:
      Immediate8(in, d);
      break;
    case 0x4:
      if ((hw & 0x800) != 0) {
        LoadLiteral(in, d);
      } else if ((hw & 0x400) != 0) {
        HighRegisters(in, d);
      } else {
        DataProcessing(in, d);
      }
      break;
    case 0x5:
    case 0x6:
    case 0x7:
    case 0x8:
    case 0x9:
      LoadStore(in, d);
      break;
    case 0xA:
      AddressOf(in, d);
      break;
    case 0xB:
      DecodeMiscellaneous16(in, d);
      break;
    case 0xC: {
      const uint8_t rn = LowReg(hw, 8);
      const bool load = (hw & 0x800) != 0;
      const bool in_list = (hw >> rn & 1) != 0;
      SetMultiple(d, rn, hw & 0xFF, load, load && in_list ? 0 : 1);
      break;
    }
    case 0xD:
      ConditionalBranch(in, d);
      break;
    default:
      d->op.imm =
          in.pc + 4 + static_cast<uint32_t>(SignExtend(hw & 0x7FF, 11) * 2);
      d->op.fn = in.in_it() ? BranchNoLink : Branch;
      d->meta.cls = OpClass::kBranch;
      break;
  }
}

}  // namespace tinyrig::emulator
