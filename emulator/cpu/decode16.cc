// The 16-bit encodings (DDI 0403, A5.2).
#include "emulator/cpu/decode.h"
#include "emulator/cpu/exec.h"

namespace tinyrig::emulator {
namespace {

struct Registers3 {
  uint8_t rd = 0, rn = 0, rm = 0;
};

void SetRegisters(Decoded* d, Registers3 r, bool writes, bool uses_rn,
                  bool uses_rm) {
  d->op.rd = r.rd;
  d->op.rn = r.rn;
  d->op.rm = r.rm;
  d->meta.writes = writes ? Mask(r.rd) : uint16_t{0};
  d->meta.reads = static_cast<uint16_t>((uses_rn ? Mask(r.rn) : 0) |
                                        (uses_rm ? Mask(r.rm) : 0));
}

uint8_t Low(uint32_t hw, unsigned at) {
  return static_cast<uint8_t>(hw >> at & 7);
}

void ShiftImmediate(const DecodeInput& in, Decoded* d) {
  const uint32_t hw = in.hw1;
  const uint32_t kind = Field(hw, 11, 2);
  uint32_t amount = Field(hw, 6, 5);
  SetRegisters(d, {Low(hw, 0), 0, Low(hw, 3)}, true, false, true);
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
  SetRegisters(d, {Low(hw, 0), Low(hw, 3), Low(hw, 6)}, true, true, !immediate);
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
  const uint8_t reg = Low(hw, 8);
  SetRegisters(d, {reg, reg, 0}, alu != Alu::kCmp, alu != Alu::kMov, false);
  d->op.imm = hw & 0xFF;
  d->op.fn = AluImmediate(alu, alu == Alu::kCmp || !in.in_it());
}

void DataProcessing(const DecodeInput& in, Decoded* d) {
  const uint32_t hw = in.hw1;
  const bool flags = !in.in_it();
  const uint8_t rd = Low(hw, 0);
  const uint8_t rm = Low(hw, 3);
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
  d->op.rd = Low(in.hw1, 8);
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
  d->op.rd = Low(hw, 0);
  d->op.rn = Low(hw, 3);
  bool load = (hw & 0x800) != 0;
  if (top == 5) {
    static constexpr Access kAccess[] = {
        Access::kU32, Access::kU16, Access::kU8, Access::kS8,
        Access::kU32, Access::kU16, Access::kU8, Access::kS16};
    const uint32_t kind = Field(hw, 9, 3);
    d->op.rm = Low(hw, 6);
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
      d->op.rd = Low(hw, 8);
      d->op.rn = 13;
      d->op.imm = (hw & 0xFF) * 4;
      SetAccess(d, load, Access::kU32, Address::kOffset);
      break;
  }
}

void AddressOf(const DecodeInput& in, Decoded* d) {
  const uint8_t rd = Low(in.hw1, 8);
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

void Multiple(uint8_t rn, uint32_t list, bool load, uint8_t mode, Decoded* d) {
  d->op.rn = rn;
  d->op.imm = list;
  d->op.ra = mode;
  d->op.fn = load ? LoadMultiple : StoreMultiple;
  d->meta.cls = OpClass::kMultiple;
  d->meta.is_load = load;
  d->meta.words = static_cast<uint8_t>(__builtin_popcount(list));
  d->meta.addresses = Mask(rn);
  d->meta.loads_pc = load && (list & 0x8000) != 0;
  (load ? d->meta.writes : d->meta.reads) =
      static_cast<uint16_t>(list & 0x7FFF);
}

void CompareBranch(const DecodeInput& in, Decoded* d) {
  const uint32_t hw = in.hw1;
  d->op.rn = Low(hw, 0);
  d->op.imm = in.pc + 4 + (Field(hw, 3, 5) << 1 | Field(hw, 9, 1) << 6);
  d->op.fn = (hw & 0x800) != 0 ? CompareBranchNonZero : CompareBranchZero;
  d->meta.cls = OpClass::kBranch;
  d->meta.conditional_branch = 1;
  d->meta.reads = Mask(d->op.rn);
}

void HintOrIt(uint32_t hw, Decoded* d) {
  if ((hw & 0xF) != 0) {
    d->op.fn = IfThen;
    d->op.imm = hw & 0xFF;
    d->meta.cls = OpClass::kIt;
    return;
  }
  static constexpr Handler kHints[] = {Nop, Nop, Wfe, Wfi, Sev};
  const uint32_t hint = Field(hw, 4, 4);
  d->op.fn = hint < 5 ? kHints[hint] : Nop;
  d->meta.cls = hint < 2 ? OpClass::kNop : OpClass::kSystem;
}

void Miscellaneous(const DecodeInput& in, Decoded* d) {
  const uint32_t hw = in.hw1;
  switch (Field(hw, 8, 4)) {
    case 0x0:
      SetRegisters(d, {13, 13, 0}, true, true, false);
      d->op.imm = (hw & 0x7F) * 4;
      d->op.fn = AluImmediate((hw & 0x80) != 0 ? Alu::kSub : Alu::kAdd, false);
      break;
    case 0x1:
    case 0x3:
    case 0x9:
    case 0xB:
      CompareBranch(in, d);
      break;
    case 0x2: {
      static constexpr unsigned kKinds[] = {0, 4, 1, 5};  // SXTH SXTB UXTH UXTB
      SetRegisters(d, {Low(hw, 0), 0, Low(hw, 3)}, true, false, true);
      d->op.fn = Extend(kKinds[Field(hw, 6, 2)], false);
      d->meta.cls = OpClass::kDsp;
      break;
    }
    case 0x4:
    case 0x5:
      Multiple(13, (hw & 0xFF) | (hw & 0x100) << 6, false, 3, d);
      break;
    case 0x6:
      if ((hw & 0xFFE8) == 0xB660) {
        d->op.fn = Cps;
        d->op.imm = hw & 0x13;
        d->meta.cls = OpClass::kSystem;
      }
      break;
    case 0xA: {
      static constexpr Handler kReverse[] = {Rev, Rev16, nullptr, RevSh};
      SetRegisters(d, {Low(hw, 0), 0, Low(hw, 3)}, true, false, true);
      d->op.fn = kReverse[Field(hw, 6, 2)];
      d->meta.cls = OpClass::kDsp;
      break;
    }
    case 0xC:
    case 0xD:
      Multiple(13, (hw & 0xFF) | (hw & 0x100) << 7, true, 1, d);
      break;
    case 0xE:
      d->op.fn = Bkpt;
      d->op.imm = hw & 0xFF;
      d->meta.cls = OpClass::kSystem;
      break;
    case 0xF:
      HintOrIt(hw, d);
      break;
    default:
      break;
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
      Miscellaneous(in, d);
      break;
    case 0xC: {
      const uint8_t rn = Low(hw, 8);
      const bool load = (hw & 0x800) != 0;
      const bool in_list = (hw >> rn & 1) != 0;
      Multiple(rn, hw & 0xFF, load, load && in_list ? 0 : 1, d);
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
