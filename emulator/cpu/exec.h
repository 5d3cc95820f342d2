// The handlers that the decoder chooses from, by instruction group. Each group
// has its own exec_*.cc; families of handlers come from selector functions.
#pragma once

#include "emulator/cpu/op.h"

namespace tinyrig::emulator {

// --- exec_alu.cc
enum class Alu : uint8_t {
  kAnd,
  kBic,
  kOrr,
  kOrn,
  kEor,
  kMov,
  kMvn,
  kTst,
  kTeq,  // logic
  kAdd,
  kAdc,
  kSub,
  kSbc,
  kRsb,
  kCmp,
  kCmn,  // arithmetic
};
constexpr unsigned kAluCount = 16;
enum class Shift : uint8_t { kNone, kLsl, kLsr, kAsr, kRor, kRrx };

/// rd = rn OP imm. Logic with flags: ra bit 1 says that C becomes ra bit 0.
Handler AluImmediate(Alu alu, bool set_flags);
/// rd = rn OP (rm SHIFT imm); imm is 1..32 for kLsr/kAsr, 1..31 otherwise.
Handler AluRegister(Alu alu, bool set_flags, Shift shift);
/// rd = rn SHIFT rm[7:0]
Handler ShiftByRegister(Shift shift, bool set_flags);
const Op* Nop(Cpu& cpu, const Op* op);
const Op* MovTop(Cpu& cpu, const Op* op);
const Op* Clz(Cpu& cpu, const Op* op);
const Op* Rbit(Cpu& cpu, const Op* op);
const Op* Rev(Cpu& cpu, const Op* op);
const Op* Rev16(Cpu& cpu, const Op* op);
const Op* RevSh(Cpu& cpu, const Op* op);
/// Bit fields: imm = lsb, ra = width.
const Op* Bfi(Cpu& cpu, const Op* op);
const Op* Bfc(Cpu& cpu, const Op* op);
const Op* Ubfx(Cpu& cpu, const Op* op);
const Op* Sbfx(Cpu& cpu, const Op* op);
const Op* Sdiv(Cpu& cpu, const Op* op);
const Op* Udiv(Cpu& cpu, const Op* op);

// --- exec_dsp.cc
/// Extension: rm rotated by imm, plus rn when `add`. kind: encoding order
/// SXTH UXTH SXTB16 UXTB16 SXTB UXTB.
Handler Extend(unsigned kind, bool add);
/// Parallel add/sub. operation: ADD8 ADD16 ASX - SUB8 SUB16 SAX (op1 field);
/// prefix: S Q SH - U UQ UH (op2 field). Null when not allocated.
Handler Parallel(unsigned operation, unsigned prefix);
const Op* Qadd(Cpu& cpu, const Op* op);
const Op* Qsub(Cpu& cpu, const Op* op);
const Op* Qdadd(Cpu& cpu, const Op* op);
const Op* Qdsub(Cpu& cpu, const Op* op);
const Op* Sel(Cpu& cpu, const Op* op);
const Op* PkhBt(Cpu& cpu, const Op* op);  // rm LSL imm
const Op* PkhTb(Cpu& cpu, const Op* op);  // rm ASR imm (1..32)
/// Saturation: ra = bits, imm = shift amount (ASR when rm = 1).
const Op* Ssat(Cpu& cpu, const Op* op);
const Op* Usat(Cpu& cpu, const Op* op);
const Op* Ssat16(Cpu& cpu, const Op* op);
const Op* Usat16(Cpu& cpu, const Op* op);
const Op* Usad8(Cpu& cpu, const Op* op);  // rd = ra + sum; ra = 15: no sum
const Op* Usada8(Cpu& cpu, const Op* op);

// --- exec_multiply.cc
const Op* Mul(Cpu& cpu, const Op* op);
const Op* MulFlags(Cpu& cpu, const Op* op);
const Op* Mla(Cpu& cpu, const Op* op);
const Op* Mls(Cpu& cpu, const Op* op);
/// 32-bit: low bits of `half`: 0 rm top, 1 rn top.
Handler SmulHalf(unsigned half, bool accumulate);
Handler SmulWord(unsigned half, bool accumulate);
Handler SmulDual(bool exchange, bool subtract, bool accumulate);
Handler SmulMost(bool round, bool accumulate, bool subtract);
/// 64-bit: rd = high, ra = low.
const Op* Smull(Cpu& cpu, const Op* op);
const Op* Umull(Cpu& cpu, const Op* op);
const Op* Smlal(Cpu& cpu, const Op* op);
const Op* Umlal(Cpu& cpu, const Op* op);
const Op* Umaal(Cpu& cpu, const Op* op);
Handler SmlalHalf(unsigned half);
Handler SmlalDual(bool exchange, bool subtract);

// --- exec_memory.cc
enum class Access : uint8_t { kU8, kU16, kU32, kS8, kS16 };
enum class Address : uint8_t {
  kOffset,    // rn + imm
  kPre,       // rn += imm first
  kPost,      // rn += imm after
  kRegister,  // rn + (rm << imm)
  kLiteral,   // imm
};
/// rt is rd.
Handler LoadSingle(Access access, Address address);
Handler StoreSingle(Access access, Address address);
Handler LoadPc(Address address);
/// rd, ra <- rn + imm; write back when rm bit 0, post-indexed when bit 1.
const Op* LoadDual(Cpu& cpu, const Op* op);
const Op* StoreDual(Cpu& cpu, const Op* op);
const Op* LoadDualLiteral(Cpu& cpu, const Op* op);
/// Registers in imm; ra bit 0 write back, bit 1 decrement before.
const Op* LoadMultiple(Cpu& cpu, const Op* op);
const Op* StoreMultiple(Cpu& cpu, const Op* op);
Handler LoadExclusive(Access access);
Handler StoreExclusive(Access access);  // ra = status
const Op* ClearExclusive(Cpu& cpu, const Op* op);

// --- exec_branch.cc
const Op* Branch(Cpu& cpu, const Op* op);
Handler BranchIf(unsigned condition);
const Op* BranchLink(Cpu& cpu, const Op* op);
const Op* BranchNoLink(Cpu& cpu, const Op* op);  // B inside IT: no cached link
const Op* BranchLinkInIt(Cpu& cpu, const Op* op);
const Op* BranchExchange(Cpu& cpu, const Op* op);      // rm
const Op* BranchLinkExchange(Cpu& cpu, const Op* op);  // rm
const Op* CompareBranchZero(Cpu& cpu, const Op* op);
const Op* CompareBranchNonZero(Cpu& cpu, const Op* op);
const Op* MovPc(Cpu& cpu, const Op* op);  // rm
const Op* AddPc(Cpu& cpu, const Op* op);  // pc + 4 + rm
const Op* TableBranchByte(Cpu& cpu, const Op* op);
const Op* TableBranchHalf(Cpu& cpu, const Op* op);
const Op* IfThen(Cpu& cpu, const Op* op);
const Op* ConditionalWrapper(Cpu& cpu, const Op* op);
const Op* PcOperandWrapper(Cpu& cpu, const Op* op);

// --- exec_system.cc
const Op* Undefined(Cpu& cpu, const Op* op);
const Op* NoCoprocessor(Cpu& cpu, const Op* op);
const Op* Svc(Cpu& cpu, const Op* op);
const Op* Bkpt(Cpu& cpu, const Op* op);
const Op* Wfi(Cpu& cpu, const Op* op);
const Op* Wfe(Cpu& cpu, const Op* op);
const Op* Sev(Cpu& cpu, const Op* op);
const Op* Cps(Cpu& cpu, const Op* op);  // imm: bit 4 disable, 1 I, 0 F
const Op* Mrs(Cpu& cpu, const Op* op);  // rd, imm = SYSm
const Op* Msr(Cpu& cpu, const Op* op);  // rn, imm = SYSm, ra = mask

// --- exec_fp*.cc. rd, rn, rm are S or D register numbers.
enum class FpOp : uint8_t {
  kMla,
  kMls,
  kNmls,
  kNmla,
  kMul,
  kNmul,
  kAdd,
  kSub,
  kDiv,
  kFma,
  kFms,
  kFnms,
  kFnma,
  kMinNm,
  kMaxNm,
  kAbs,
  kNeg,
  kSqrt,
  kMove,
};
Handler FpArithmetic(FpOp op, bool is_double);
const Op* FpMoveImmediate(Cpu& cpu, const Op* op);        // imm, bits of float
const Op* FpMoveImmediateDouble(Cpu& cpu, const Op* op);  // imm, high word
/// rd against rm, or zero when `zero`; E variants also signal quiet NaNs.
Handler FpCompare(bool zero, bool signal, bool is_double);
Handler FpSelect(bool is_double);  // imm = condition
/// mode: 0 A, 1 N, 2 P, 3 M, 4 Z, 5 R (FPSCR), 6 X (FPSCR, sets inexact)
Handler FpRound(bool is_double);        // imm = mode
Handler FpToInteger(bool is_double);    // imm = mode; ra bit 0 signed
Handler FpFromInteger(bool is_double);  // ra bit 0 signed
/// imm = fraction bits; ra bit 0 signed, bit 1: 32 (else 16) bits wide.
Handler FpToFixed(bool is_double);
Handler FpFromFixed(bool is_double);
const Op* FpSingleToDouble(Cpu& cpu, const Op* op);
const Op* FpDoubleToSingle(Cpu& cpu, const Op* op);
/// imm = 1: top half.
Handler FpFromHalf(bool is_double);
Handler FpToHalf(bool is_double);
const Op* FpToCore(Cpu& cpu, const Op* op);    // ra <- s[rn]
const Op* FpFromCore(Cpu& cpu, const Op* op);  // s[rn] <- ra
const Op* FpToCore2(Cpu& cpu, const Op* op);   // ra, rd <- s[rm], s[rm+1]
const Op* FpFromCore2(Cpu& cpu, const Op* op);
const Op* FpReadStatus(Cpu& cpu, const Op* op);  // ra = 15: APSR
const Op* FpWriteStatus(Cpu& cpu, const Op* op);
/// VLDR/VSTR and multiples: first S register rd, ra words.
/// imm: offset in bytes; rm bit 0 write back, bit 1 decrement before.
const Op* FpLoad(Cpu& cpu, const Op* op);
const Op* FpStore(Cpu& cpu, const Op* op);
const Op* FpLoadMultiple(Cpu& cpu, const Op* op);
const Op* FpStoreMultiple(Cpu& cpu, const Op* op);
const Op* FpGate(Cpu& cpu, const Op* op);  // wrapper: CPACR, FPCA

}  // namespace tinyrig::emulator
