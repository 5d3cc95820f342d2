// The 32-bit encodings: dispatch, branches and system (DDI 0403, A5.3).
#include "emulator/cpu/decode.h"
#include "emulator/cpu/exec.h"

namespace tinyrig::emulator {
namespace {

void LongBranch(const DecodeInput& in, Decoded* d) {
  const uint32_t s = Field(in.hw1, 10, 1);
  const uint32_t i1 = ~(Field(in.hw2, 13, 1) ^ s) & 1;
  const uint32_t i2 = ~(Field(in.hw2, 11, 1) ^ s) & 1;
  const uint32_t offset = s << 24 | i1 << 23 | i2 << 22 |
                          Field(in.hw1, 0, 10) << 12 |
                          Field(in.hw2, 0, 11) << 1;
  d->op.imm = in.pc + 4 + static_cast<uint32_t>(SignExtend(offset, 25));
  const bool link = (in.hw2 & 0x4000) != 0;
  if (in.in_it()) {
    d->op.fn = link ? BranchLinkInIt : BranchNoLink;
  } else {
    d->op.fn = link ? BranchLink : Branch;
  }
  d->meta.cls = OpClass::kBranch;
  d->meta.writes = link ? Mask(14) : uint16_t{0};
}

void ConditionalBranch(const DecodeInput& in, Decoded* d) {
  const uint32_t offset = Field(in.hw1, 10, 1) << 20 |
                          Field(in.hw2, 11, 1) << 19 |
                          Field(in.hw2, 13, 1) << 18 |
                          Field(in.hw1, 0, 6) << 12 | Field(in.hw2, 0, 11) << 1;
  d->op.imm = in.pc + 4 + static_cast<uint32_t>(SignExtend(offset, 21));
  d->op.fn = BranchIf(Field(in.hw1, 6, 4));
  d->meta.cls = OpClass::kBranch;
  d->meta.conditional_branch = 1;
}

void Hint(const DecodeInput& in, Decoded* d) {
  static constexpr Handler kHints[] = {Nop, Nop, Wfe, Wfi, Sev};
  const uint32_t hint = in.hw2 & 0xFF;
  const bool known = Field(in.hw2, 8, 3) == 0 && hint < 5;
  d->op.fn = known ? kHints[hint] : Nop;
  d->meta.cls = known && hint >= 2 ? OpClass::kSystem : OpClass::kNop;
}

void SystemControl(const DecodeInput& in, Decoded* d) {
  d->meta.cls = OpClass::kSystem;
  switch (Field(in.hw1, 4, 7)) {
    case 0x38:
    case 0x39:
      d->op.fn = Msr;
      d->op.rn = Reg(in.hw1, 0);
      d->op.ra = static_cast<uint8_t>(Field(in.hw2, 10, 2));
      d->op.imm = in.hw2 & 0xFF;
      d->meta.reads = Mask(d->op.rn);
      break;
    case 0x3A:
      Hint(in, d);
      break;
    case 0x3B:
      if (Field(in.hw2, 4, 4) == 2) {
        d->op.fn = ClearExclusive;
      } else if (Field(in.hw2, 4, 4) >= 4 && Field(in.hw2, 4, 4) <= 6) {
        d->op.fn = Nop;  // DSB, DMB, ISB: memory is always up to date here
      }
      break;
    case 0x3E:
    case 0x3F:
      d->op.fn = Mrs;
      d->op.rd = Reg(in.hw2, 8);
      d->op.imm = in.hw2 & 0xFF;
      d->meta.writes = Mask(d->op.rd);
      break;
    default:
      break;
  }
}

void BranchesAndSystem(const DecodeInput& in, Decoded* d) {
  if ((in.hw2 & 0x1000) != 0) {
    LongBranch(in, d);
  } else if ((in.hw2 & 0x4000) == 0) {
    if (Field(in.hw1, 7, 3) != 7) {
      ConditionalBranch(in, d);
    } else {
      SystemControl(in, d);
    }
  }
}

}  // namespace

void Decode32(const DecodeInput& in, Decoded* d) {
  const uint32_t op2 = Field(in.hw1, 4, 7);
  switch (Field(in.hw1, 11, 2)) {
    case 1:
      if ((op2 & 0x40) != 0) {
        DecodeCoprocessor(in, d);
      } else if ((op2 & 0x20) != 0) {
        DecodeDataShifted(in, d);
      } else if ((op2 & 0x04) != 0) {
        DecodeLoadStoreDual(in, d);
      } else {
        DecodeLoadStoreMultiple(in, d);
      }
      break;
    case 2:
      if ((in.hw2 & 0x8000) != 0) {
        BranchesAndSystem(in, d);
      } else if ((op2 & 0x20) != 0) {
        DecodeDataPlain(in, d);
      } else {
        DecodeDataImmediate(in, d);
      }
      break;
    default:
      if ((op2 & 0x40) != 0) {
        DecodeCoprocessor(in, d);
      } else if ((op2 & 0x70) == 0x20) {
        DecodeDataRegister(in, d);
      } else if ((op2 & 0x78) == 0x30) {
        DecodeMultiply(in, d);
      } else if ((op2 & 0x78) == 0x38) {
        DecodeLongMultiply(in, d);
      } else {
        DecodeLoadStoreSingle(in, d);
      }
      break;
  }
}

}  // namespace tinyrig::emulator
