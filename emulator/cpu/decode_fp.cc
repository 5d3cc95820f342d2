// Floating-point encodings (DDI 0403, A6.4 to A6.7). Other coprocessors do not
// exist: NOCP. On cores without FPv5 or double precision their encodings are
// undefined (after the CPACR check).
#include "emulator/cpu/decode.h"
#include "emulator/cpu/exec.h"

namespace tinyrig::emulator {
namespace {

struct Fields {
  bool is_double = false;
  uint32_t d = 0, n = 0, m = 0;  // in the operation's precision
  uint32_t d_single = 0, m_single = 0, m_double = 0, d_double = 0;
};

Fields FieldsOf(const DecodeInput& in) {
  const auto single = [](uint32_t high, uint32_t low) {
    return high << 1 | low;
  };
  const auto twice = [](uint32_t low, uint32_t high) {
    return high << 4 | low;
  };
  const uint32_t vd = Field(in.hw2, 12, 4);
  const uint32_t vn = Field(in.hw1, 0, 4);
  const uint32_t vm = Field(in.hw2, 0, 4);
  const uint32_t bit_d = Field(in.hw1, 6, 1);
  const uint32_t bit_n = Field(in.hw2, 7, 1);
  const uint32_t bit_m = Field(in.hw2, 5, 1);
  Fields f;
  f.is_double = (in.hw2 & 0x100) != 0;
  f.d_single = single(vd, bit_d);
  f.d_double = twice(vd, bit_d);
  f.m_single = single(vm, bit_m);
  f.m_double = twice(vm, bit_m);
  f.d = f.is_double ? f.d_double : f.d_single;
  f.n = f.is_double ? twice(vn, bit_n) : single(vn, bit_n);
  f.m = f.is_double ? f.m_double : f.m_single;
  return f;
}

uint64_t SMask(uint32_t reg, bool is_double) {
  return is_double ? uint64_t{3} << (2 * (reg & 15)) : uint64_t{1} << reg;
}

void SetRegisters(const Fields& f, Decoded* d) {
  d->op.rd = static_cast<uint8_t>(f.d);
  d->op.rn = static_cast<uint8_t>(f.n);
  d->op.rm = static_cast<uint8_t>(f.m);
  d->meta.is_double = f.is_double;
  d->meta.fp_writes = SMask(f.d, f.is_double);
}

void ThreeOperands(const Fields& f, FpOp what, Decoded* d) {
  SetRegisters(f, d);
  d->op.fn = FpArithmetic(what, f.is_double);
  const bool accumulates =
      what <= FpOp::kNmla || (what >= FpOp::kFma && what <= FpOp::kFnma);
  d->meta.cls = accumulates          ? OpClass::kFpMac
                : what == FpOp::kDiv ? OpClass::kFpDiv
                                     : OpClass::kFpAlu;
  d->meta.fp_reads = SMask(f.n, f.is_double) | SMask(f.m, f.is_double);
  d->meta.fp_addend = accumulates ? SMask(f.d, f.is_double) : 0;
}

void Unary(const Fields& f, Handler fn, Decoded* d) {
  SetRegisters(f, d);
  d->op.fn = fn;
  d->meta.cls = OpClass::kFpAlu;
  d->meta.fp_reads = SMask(f.m, f.is_double);
}

uint32_t ExpandSingle(uint32_t imm8) {
  const uint32_t sign = imm8 >> 7;
  const uint32_t low = imm8 >> 6 & 1;
  return sign << 31 | (low ^ 1) << 30 | (low != 0 ? 0x1Fu << 25 : 0) |
         (imm8 & 0x3F) << 19;
}

uint32_t ExpandDoubleHigh(uint32_t imm8) {
  const uint32_t sign = imm8 >> 7;
  const uint32_t low = imm8 >> 6 & 1;
  return sign << 31 | (low ^ 1) << 30 | (low != 0 ? 0xFFu << 22 : 0) |
         (imm8 & 0x3F) << 16;
}

void MoveImmediate(const DecodeInput& in, const Fields& f, Decoded* d) {
  const uint32_t imm8 = Field(in.hw1, 0, 4) << 4 | Field(in.hw2, 0, 4);
  SetRegisters(f, d);
  d->op.imm = f.is_double ? ExpandDoubleHigh(imm8) : ExpandSingle(imm8);
  d->op.fn = f.is_double ? FpMoveImmediateDouble : FpMoveImmediate;
  d->meta.cls = OpClass::kFpAlu;
}

void Half(const DecodeInput& in, Fields f, Decoded* d) {
  const bool to_half = (in.hw1 & 1) != 0;
  if (to_half) {
    f.d = f.d_single;
  } else {
    f.m = f.m_single;
  }
  Unary(f, to_half ? FpToHalf(f.is_double) : FpFromHalf(f.is_double), d);
  d->op.imm = in.hw2 >> 7 & 1;
}

void Fixed(const DecodeInput& in, const Fields& f, Decoded* d) {
  const uint32_t opc2 = Field(in.hw1, 0, 4);
  const bool to_fixed = (opc2 & 4) != 0;
  const bool is_signed = (opc2 & 1) == 0;
  const uint32_t width = (in.hw2 & 0x80) != 0 ? 32 : 16;
  const uint32_t imm = Field(in.hw2, 0, 4) << 1 | Field(in.hw2, 5, 1);
  if (imm > width) {
    return;
  }
  Unary(f, to_fixed ? FpToFixed(f.is_double) : FpFromFixed(f.is_double), d);
  d->op.imm = width - imm;
  d->op.ra = static_cast<uint8_t>((is_signed ? 1 : 0) | (width == 32 ? 2 : 0));
  d->meta.fp_reads = SMask(f.d, f.is_double);
}

void ToInteger(Fields f, bool is_signed, uint32_t mode, Decoded* d) {
  f.d = f.d_single;
  Unary(f, FpToInteger(f.is_double), d);
  d->op.ra = is_signed ? 1 : 0;
  d->op.imm = mode;
}

constexpr uint32_t kTowardZero = 4;
constexpr uint32_t kByFpscr = 5;
constexpr uint32_t kByFpscrExact = 6;

void RoundTo(const Fields& f, uint32_t mode, Decoded* d) {
  Unary(f, FpRound(f.is_double), d);
  d->op.imm = mode;
}

void Compare(const DecodeInput& in, const Fields& f, Decoded* d) {
  const bool zero = (in.hw1 & 1) != 0;
  Unary(f, FpCompare(zero, (in.hw2 & 0x80) != 0, f.is_double), d);
  d->meta.fp_reads =
      SMask(f.d, f.is_double) | (zero ? 0 : SMask(f.m, f.is_double));
  d->meta.fp_writes = 0;
}

void OtherOperations(const DecodeInput& in, Fields f, Decoded* d) {
  const bool top = (in.hw2 & 0x80) != 0;
  const bool v5 = in.kind != CoreKind::kCortexM4F;
  if ((in.hw2 & 0x40) == 0) {
    MoveImmediate(in, f, d);
    return;
  }
  const uint32_t opc2 = Field(in.hw1, 0, 4);
  switch (opc2) {
    case 0:
      Unary(f, FpArithmetic(top ? FpOp::kAbs : FpOp::kMove, f.is_double), d);
      break;
    case 1:
      Unary(f, FpArithmetic(top ? FpOp::kSqrt : FpOp::kNeg, f.is_double), d);
      d->meta.cls = top ? OpClass::kFpSqrt : OpClass::kFpAlu;
      break;
    case 2:
    case 3:
      Half(in, f, d);
      break;
    case 4:
    case 5:
      Compare(in, f, d);
      break;
    case 6:
      if (v5) {
        RoundTo(f, top ? kTowardZero : kByFpscr, d);
      }
      break;
    case 7:
      if (!top) {
        if (v5) {
          RoundTo(f, kByFpscrExact, d);
        }
      } else if (in.kind == CoreKind::kCortexM7Dp) {
        const bool narrows = f.is_double;
        f.d = narrows ? f.d_single : f.d_double;
        Unary(f, narrows ? FpDoubleToSingle : FpSingleToDouble, d);
        d->meta.fp_writes = SMask(f.d, !narrows);
      }
      break;
    case 8:
      f.m = f.m_single;
      Unary(f, FpFromInteger(f.is_double), d);
      d->op.ra = top ? 1 : 0;
      break;
    case 12:
    case 13:
      ToInteger(f, (opc2 & 1) != 0, top ? kTowardZero : kByFpscr, d);
      break;
    case 10:
    case 11:
    case 14:
    case 15:
      Fixed(in, f, d);
      break;
    default:
      break;
  }
}

void DataProcessing(const DecodeInput& in, const Fields& f, Decoded* d) {
  const bool second = (in.hw2 & 0x40) != 0;
  const uint32_t opc1 = Field(in.hw1, 4, 4) & 0xB;
  static constexpr FpOp kTable[11][2] = {{FpOp::kMla, FpOp::kMls},
                                         {FpOp::kNmls, FpOp::kNmla},
                                         {FpOp::kMul, FpOp::kNmul},
                                         {FpOp::kAdd, FpOp::kSub},
                                         {},
                                         {},
                                         {},
                                         {},
                                         {FpOp::kDiv, FpOp::kMove},
                                         {FpOp::kFnms, FpOp::kFnma},
                                         {FpOp::kFma, FpOp::kFms}};
  if (opc1 == 11) {
    OtherOperations(in, f, d);
  } else if (opc1 != 8 || !second) {
    ThreeOperands(f, kTable[opc1][second ? 1 : 0], d);
  }
}

void Version5(const DecodeInput& in, const Fields& f, Decoded* d) {
  const bool second = (in.hw2 & 0x40) != 0;
  if ((in.hw1 & 0x80) == 0) {
    if (!second) {
      static constexpr uint32_t kConditions[] = {0, 6, 10, 12};
      ThreeOperands(f, FpOp::kMove, d);
      d->op.fn = FpSelect(f.is_double);
      d->op.imm = kConditions[Field(in.hw1, 4, 2)];
    }
    return;
  }
  const uint32_t opc1 = Field(in.hw1, 4, 4) & 0xB;
  if (opc1 == 8) {
    ThreeOperands(f, second ? FpOp::kMinNm : FpOp::kMaxNm, d);
  } else if (opc1 == 11 && second) {
    const uint32_t mode = Field(in.hw1, 0, 2);
    if (Field(in.hw1, 2, 2) == 2 && (in.hw2 & 0x80) == 0) {
      RoundTo(f, mode, d);
    } else if (Field(in.hw1, 2, 2) == 3) {
      ToInteger(f, (in.hw2 & 0x80) != 0, mode, d);
    }
  }
}

void Transfer32(const DecodeInput& in, const Fields& f, Decoded* d) {
  const bool to_core = (in.hw1 & 0x10) != 0;
  const uint32_t kind = Field(in.hw1, 5, 3);
  d->op.ra = Reg(in.hw2, 12);
  d->meta.cls = OpClass::kFpMove;
  if (kind == 7 && !f.is_double) {
    if (Field(in.hw1, 0, 4) == 1) {
      d->op.fn = to_core ? FpReadStatus : FpWriteStatus;
      d->meta.cls = OpClass::kFpStatus;
    }
    return;
  }
  if (kind > 1 || (kind == 1 && !f.is_double)) {
    return;
  }
  // Half of a D register, or an S register.
  const uint32_t reg = f.is_double
                           ? 2 * Field(in.hw1, 0, 4) + kind
                           : Field(in.hw1, 0, 4) << 1 | Field(in.hw2, 7, 1);
  d->op.rn = static_cast<uint8_t>(reg);
  d->op.fn = to_core ? FpToCore : FpFromCore;
  (to_core ? d->meta.writes : d->meta.reads) = Mask(d->op.ra);
  (to_core ? d->meta.fp_reads : d->meta.fp_writes) = SMask(reg, false);
}

void Transfer64(const DecodeInput& in, const Fields& f, Decoded* d) {
  const bool to_core = (in.hw1 & 0x10) != 0;
  d->op.ra = Reg(in.hw2, 12);
  d->op.rd = Reg(in.hw1, 0);
  d->op.rm =
      static_cast<uint8_t>(f.is_double ? 2 * (f.m_double & 15) : f.m_single);
  d->op.fn = to_core ? FpToCore2 : FpFromCore2;
  d->meta.cls = OpClass::kFpMove;
  d->meta.words = 2;
  const auto both = static_cast<uint16_t>(Mask(d->op.ra) | Mask(d->op.rd));
  (to_core ? d->meta.writes : d->meta.reads) = both;
  (to_core ? d->meta.fp_reads : d->meta.fp_writes) = uint64_t{3} << d->op.rm;
}

void LoadStore(const DecodeInput& in, const Fields& f, Decoded* d) {
  const bool p = (in.hw1 & 0x100) != 0;
  const bool u = (in.hw1 & 0x80) != 0;
  const bool w = (in.hw1 & 0x20) != 0;
  const bool load = (in.hw1 & 0x10) != 0;
  const uint32_t imm8 = in.hw2 & 0xFF;
  const uint32_t first = f.is_double ? 2 * (f.d_double & 15) : f.d_single;
  uint32_t words = f.is_double ? 2 : 1;
  d->op.rn = Reg(in.hw1, 0);
  d->op.rd = static_cast<uint8_t>(first);
  d->meta.is_load = load;
  d->meta.addresses = d->op.rn == 15 ? uint16_t{0} : Mask(d->op.rn);
  if (p && !w) {
    d->op.imm = u ? imm8 * 4 : 0u - imm8 * 4;
    d->op.fn = load ? FpLoad : FpStore;
    d->meta.cls = load ? OpClass::kLoad : OpClass::kStore;
  } else {
    words = f.is_double ? imm8 & ~1u : imm8;
    if (p == u || words == 0 || first + words > 32) {
      return;  // the last two are UNPREDICTABLE
    }
    d->op.imm = imm8 * 4;
    d->op.rm = static_cast<uint8_t>((w ? 1 : 0) | (p ? 2 : 0));
    d->op.fn = load ? FpLoadMultiple : FpStoreMultiple;
    d->meta.cls = OpClass::kMultiple;
  }
  d->op.ra = static_cast<uint8_t>(words);
  d->meta.words = d->op.ra;
  const uint64_t list = ((uint64_t{1} << words) - 1) << first;
  (load ? d->meta.fp_writes : d->meta.fp_reads) = list;
}

}  // namespace

void DecodeCoprocessor(const DecodeInput& in, Decoded* d) {
  if ((in.hw1 & 0x300) == 0x300) {
    return;  // no such instruction space (SVC of the A profile)
  }
  if (Field(in.hw2, 9, 3) != 5) {
    d->op.fn = NoCoprocessor;
    d->meta.cls = OpClass::kSystem;
    return;
  }
  const Fields f = FieldsOf(in);
  const bool extended = (in.hw1 & 0x1000) != 0;
  const bool data = (in.hw1 & 0x200) != 0;
  const bool arithmetic = data && (in.hw2 & 0x10) == 0;
  d->op.fn = nullptr;
  if (arithmetic && f.is_double && in.kind != CoreKind::kCortexM7Dp) {
    // undefined
  } else if (extended) {
    if (arithmetic && in.kind != CoreKind::kCortexM4F) {
      Version5(in, f, d);
    }
  } else if (arithmetic) {
    DataProcessing(in, f, d);
  } else if (data) {
    Transfer32(in, f, d);
  } else if ((in.hw1 & 0x1E0) == 0x40) {
    Transfer64(in, f, d);
  } else {
    LoadStore(in, f, d);
  }
  if (d->op.fn == nullptr) {
    d->op.fn = FpGate;
    d->meta = {.cls = OpClass::kSystem};
  }
}

}  // namespace tinyrig::emulator
