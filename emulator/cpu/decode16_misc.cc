// The 16-bit encodings 1011xxxx, and what they share with the others.
#include "emulator/cpu/decode16.h"
#include "emulator/cpu/exec.h"

namespace tinyrig::emulator {

void SetRegisters(Decoded* d, Registers3 r, bool writes, bool uses_rn,
                  bool uses_rm) {
  d->op.rd = r.rd;
  d->op.rn = r.rn;
  d->op.rm = r.rm;
  d->meta.writes = writes ? Mask(r.rd) : uint16_t{0};
  d->meta.reads = static_cast<uint16_t>((uses_rn ? Mask(r.rn) : 0) |
                                        (uses_rm ? Mask(r.rm) : 0));
}

void SetMultiple(Decoded* d, uint8_t rn, uint32_t list, bool load,
                 uint8_t mode) {
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

namespace {

void CompareBranch(const DecodeInput& in, Decoded* d) {
  const uint32_t hw = in.hw1;
  d->op.rn = LowReg(hw, 0);
  d->op.imm = in.pc + 4 + (Field(hw, 3, 5) << 1 | Field(hw, 9, 1) << 6);
  d->op.fn = (hw & 0x800) != 0 ? CompareBranchNonZero : CompareBranchZero;
  d->meta.cls = OpClass::kBranch;
  d->meta.conditional_branch = 1;
  d->meta.reads = Mask(d->op.rn);
}

void HintOrIt(const DecodeInput& in, Decoded* d) {
  const uint32_t hw = in.hw1;
  if ((hw & 0xF) != 0) {
    const uint32_t condition = Field(hw, 4, 4);
    const bool has_else = __builtin_popcount(hw & 0xF) != 1;
    if (in.in_it() || condition == 15 || (condition == 14 && has_else)) {
      return;  // UNPREDICTABLE: undefined here
    }
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

}  // namespace

void DecodeMiscellaneous16(const DecodeInput& in, Decoded* d) {
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
      SetRegisters(d, {LowReg(hw, 0), 0, LowReg(hw, 3)}, true, false, true);
      d->op.fn = Extend(kKinds[Field(hw, 6, 2)], false);
      d->meta.cls = OpClass::kDsp;
      break;
    }
    case 0x4:
    case 0x5:
      SetMultiple(d, 13, (hw & 0xFF) | (hw & 0x100) << 6, false, 3);
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
      SetRegisters(d, {LowReg(hw, 0), 0, LowReg(hw, 3)}, true, false, true);
      d->op.fn = kReverse[Field(hw, 6, 2)];
      d->meta.cls = OpClass::kDsp;
      break;
    }
    case 0xC:
    case 0xD:
      SetMultiple(d, 13, (hw & 0xFF) | (hw & 0x100) << 7, true, 1);
      break;
    case 0xE:
      d->op.fn = Bkpt;
      d->op.imm = hw & 0xFF;
      d->meta.cls = OpClass::kSystem;
      break;
    case 0xF:
      HintOrIt(in, d);
      break;
    default:
      break;
  }
}

}  // namespace tinyrig::emulator
