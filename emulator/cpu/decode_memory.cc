// 32-bit loads and stores (DDI 0403, A5.3.5 to A5.3.10).
#include "emulator/cpu/decode.h"
#include "emulator/cpu/exec.h"

namespace tinyrig::emulator {
namespace {

Access AccessOf(uint32_t size, bool is_signed) {
  if (size == 0) {
    return is_signed ? Access::kS8 : Access::kU8;
  }
  if (size == 1) {
    return is_signed ? Access::kS16 : Access::kU16;
  }
  return Access::kU32;
}

struct Where {
  Address mode = Address::kOffset;
  uint32_t imm = 0;
  bool valid = true;
};

Where AddressingOf(const DecodeInput& in) {
  const uint32_t rn = Field(in.hw1, 0, 4);
  const bool add12 = (in.hw1 & 0x80) != 0;
  const uint32_t imm12 = in.hw2 & 0xFFF;
  if (rn == 15) {
    const uint32_t base = (in.pc + 4) & ~3u;
    return {Address::kLiteral, add12 ? base + imm12 : base - imm12};
  }
  if (add12) {
    return {Address::kOffset, imm12};
  }
  if ((in.hw2 & 0x800) != 0) {
    const bool p = (in.hw2 & 0x400) != 0;
    const bool u = (in.hw2 & 0x200) != 0;
    const bool w = (in.hw2 & 0x100) != 0;
    const uint32_t imm8 = in.hw2 & 0xFF;
    const uint32_t offset = u ? imm8 : 0u - imm8;
    if (!p && !w) {
      return {Address::kOffset, 0, false};
    }
    return {!p ? Address::kPost : w ? Address::kPre : Address::kOffset, offset};
  }
  if (Field(in.hw2, 6, 6) == 0) {
    return {Address::kRegister, Field(in.hw2, 4, 2)};
  }
  return {Address::kOffset, 0, false};
}

void Exclusive(const DecodeInput& in, Decoded* d, Access access, bool word) {
  const bool load = (in.hw1 & 0x10) != 0;
  d->op.rn = Reg(in.hw1, 0);
  d->op.rd = Reg(in.hw2, 12);
  d->op.ra = Reg(in.hw2, word ? 8 : 0);
  d->op.imm = word ? (in.hw2 & 0xFF) * 4 : 0;
  d->op.fn = load ? LoadExclusive(access) : StoreExclusive(access);
  d->meta.cls = load ? OpClass::kLoad : OpClass::kStore;
  d->meta.is_load = load;
  d->meta.addresses = Mask(d->op.rn);
  d->meta.writes = Mask(load ? d->op.rd : d->op.ra);
  d->meta.reads = load ? uint16_t{0} : Mask(d->op.rd);
}

void TableBranch(const DecodeInput& in, Decoded* d) {
  d->op.rn = Reg(in.hw1, 0);
  d->op.rm = Reg(in.hw2, 0);
  d->op.fn = (in.hw2 & 0x10) != 0 ? TableBranchHalf : TableBranchByte;
  d->meta.cls = OpClass::kTableBranch;
  d->meta.addresses = static_cast<uint16_t>(
      (d->op.rn == 15 ? 0 : Mask(d->op.rn)) | Mask(d->op.rm));
}

void ExclusiveOrTable(const DecodeInput& in, Decoded* d) {
  if ((in.hw1 & 0x80) == 0) {
    Exclusive(in, d, Access::kU32, true);
    return;
  }
  switch (Field(in.hw2, 4, 4)) {
    case 0:
    case 1:
      if ((in.hw1 & 0x10) != 0) {
        TableBranch(in, d);
      }
      break;
    case 4:
      Exclusive(in, d, Access::kU8, false);
      break;
    case 5:
      Exclusive(in, d, Access::kU16, false);
      break;
    default:
      break;
  }
}

void SetSingleMeta(Decoded* d, bool load, Address mode, Access access) {
  Meta& meta = d->meta;
  meta.is_load = load;
  meta.sub_word = access != Access::kU32;
  meta.literal = mode == Address::kLiteral;
  meta.write_back = mode == Address::kPre || mode == Address::kPost;
  meta.cls = load                         ? OpClass::kLoad
             : mode == Address::kRegister ? OpClass::kStoreReg
                                          : OpClass::kStore;
  uint32_t addresses = meta.literal ? 0 : Mask(d->op.rn);
  addresses |= mode == Address::kRegister ? Mask(d->op.rm) : 0;
  meta.addresses = static_cast<uint16_t>(addresses);
  uint32_t writes = load ? Mask(d->op.rd) : 0;
  writes |= meta.write_back ? Mask(d->op.rn) : 0;
  meta.writes = static_cast<uint16_t>(writes);
  meta.reads = load ? uint16_t{0} : Mask(d->op.rd);
}

}  // namespace

void DecodeLoadStoreMultiple(const DecodeInput& in, Decoded* d) {
  const uint32_t mode = Field(in.hw1, 7, 2);
  if (mode == 0 || mode == 3) {
    return;
  }
  const bool load = (in.hw1 & 0x10) != 0;
  const bool write_back = (in.hw1 & 0x20) != 0;
  d->op.rn = Reg(in.hw1, 0);
  d->op.imm = in.hw2 & (load ? 0xDFFF : 0x5FFF);
  d->op.ra = static_cast<uint8_t>((write_back ? 1 : 0) | (mode == 2 ? 2 : 0));
  d->op.fn = load ? LoadMultiple : StoreMultiple;
  d->meta.cls = OpClass::kMultiple;
  d->meta.is_load = load;
  d->meta.words = static_cast<uint8_t>(__builtin_popcount(d->op.imm));
  d->meta.loads_pc = load && (d->op.imm & 0x8000) != 0;
  d->meta.addresses = Mask(d->op.rn);
  (load ? d->meta.writes : d->meta.reads) =
      static_cast<uint16_t>(d->op.imm & 0x7FFF);
}

void DecodeLoadStoreDual(const DecodeInput& in, Decoded* d) {
  const bool p = (in.hw1 & 0x100) != 0;
  const bool w = (in.hw1 & 0x20) != 0;
  if (!p && !w) {
    ExclusiveOrTable(in, d);
    return;
  }
  const bool load = (in.hw1 & 0x10) != 0;
  const uint32_t imm8 = (in.hw2 & 0xFF) * 4;
  const uint32_t offset = (in.hw1 & 0x80) != 0 ? imm8 : 0u - imm8;
  d->op.rn = Reg(in.hw1, 0);
  d->op.rd = Reg(in.hw2, 12);
  d->op.ra = Reg(in.hw2, 8);
  d->op.rm = static_cast<uint8_t>((w ? 1 : 0) | (p ? 0 : 2));
  d->op.imm = offset;
  d->op.fn = load ? LoadDual : StoreDual;
  d->meta.cls = OpClass::kMultiple;
  d->meta.words = 2;
  d->meta.is_load = load;
  const auto both = static_cast<uint16_t>(Mask(d->op.rd) | Mask(d->op.ra));
  (load ? d->meta.writes : d->meta.reads) = both;
  if (load && d->op.rn == 15) {
    d->op.fn = LoadDualLiteral;
    d->op.imm = ((in.pc + 4) & ~3u) + offset;
  } else {
    d->meta.addresses = Mask(d->op.rn);
  }
}

void DecodeLoadStoreSingle(const DecodeInput& in, Decoded* d) {
  const bool load = (in.hw1 & 0x10) != 0;
  const bool is_signed = (in.hw1 & 0x100) != 0;
  const uint32_t size = Field(in.hw1, 5, 2);
  if (size == 3 || (is_signed && (!load || size == 2))) {
    return;
  }
  const Where where = AddressingOf(in);
  d->op.rd = Reg(in.hw2, 12);
  d->op.rn = Reg(in.hw1, 0);
  d->op.rm = Reg(in.hw2, 0);
  if (!where.valid || (!load && d->op.rn == 15)) {
    return;
  }
  d->op.imm = where.imm;
  const Access access = AccessOf(size, is_signed);
  if (load && d->op.rd == 15 && size != 2) {
    d->op.fn = Nop;  // PLD, PLI
    d->meta.cls = OpClass::kNop;
    return;
  }
  d->op.fn =
      load ? LoadSingle(access, where.mode) : StoreSingle(access, where.mode);
  SetSingleMeta(d, load, where.mode, access);
  if (load && d->op.rd == 15) {
    d->op.fn = LoadPc(where.mode);
    d->meta.cls = OpClass::kLoadPc;
    d->meta.writes &= 0x7FFF;
  }
}

}  // namespace tinyrig::emulator
