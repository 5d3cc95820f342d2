// One decoded instruction, and what a handler is.
//
// The interpreter decodes an instruction once into an Op; Ops live in pages
// (code_page.h) that mirror 4 KiB of code, one slot per halfword, so the next
// Op in line is `step` bytes further and a branch is a pointer.
//
// A handler executes its Op and returns the Op to execute next. It never
// fails: a fault is an exception entry, whose first Op it returns.
#pragma once

#include <cstdint>

namespace tinyrig::emulator {

class Cpu;
struct Op;
using Handler = const Op* (*)(Cpu& cpu, const Op* op);

struct Op {
  Handler fn;
  Handler inner;   // what a wrapper (IT condition, PC operand) calls, or null
  const Op* link;  // direct branches: the target, null until first taken
  uint32_t imm;
  uint32_t pc;  // address of this instruction
  uint8_t rd, rn, rm, ra;
  uint8_t cost;   // cycles, >= 1 (timing_*.cc)
  uint8_t extra;  // bits 6:0 cycles more when taken; bit 7 pairs with next
  uint8_t step;   // bytes from this Op to the next in line
  uint8_t it;     // ITSTATE before this instruction, 0 outside IT
};
// `inner` and `link` do not share their bytes: nothing would tell which of the
// two a guest's odd instruction left there.
static_assert(sizeof(Op) == 40);

constexpr uint8_t kPairsWithNext = 0x80;

inline const Op* Next(const Op* op) {
  return reinterpret_cast<const Op*>(reinterpret_cast<const char*>(op) +
                                     op->step);
}

/// What timing wants to know of an instruction; made by the decoder, not kept.
enum class OpClass : uint8_t {
  kAlu,          ///< add, logic, move without inline shift
  kShift,        ///< plain shift or rotate
  kInlineShift,  ///< operation with shifted operand or shifted constant
  kDsp,          ///< SIMD, saturation, extension, bit field, CLZ, REV
  kMul,          ///< every multiply and multiply-accumulate
  kDiv,
  kLoad,       ///< one register, not PC
  kStore,      ///< one register, immediate offset
  kStoreReg,   ///< one register, register offset
  kMultiple,   ///< LDM, STM, PUSH, POP, LDRD, STRD, VLDM, VSTM
  kBranch,     ///< direct
  kBranchReg,  ///< BX, BLX, MOV PC; POP and LDM with PC add it
  kLoadPc,     ///< LDR PC
  kTableBranch,
  kIt,
  kNop,
  kSystem,  ///< MRS, MSR, CPS, barriers, hints, SVC, BKPT
  kFpAlu,
  kFpMac,
  kFpDiv,
  kFpSqrt,
  kFpMove,    ///< core <-> FP register
  kFpStatus,  ///< VMRS, VMSR
};

struct Meta {
  OpClass cls = OpClass::kAlu;
  uint16_t reads = 0;      // core registers, without the address ones
  uint16_t addresses = 0;  // core registers that form an address
  uint16_t writes = 0;     // core registers
  uint64_t fp_reads = 0;   // S registers
  uint64_t fp_addend = 0;  // S registers read as accumulator only
  uint64_t fp_writes = 0;
  uint8_t words = 1;       // transferred by kMultiple
  uint8_t loads_pc = 0;    // kMultiple with PC
  uint8_t write_back = 0;  // base register changes
  uint8_t is_load = 0;
  uint8_t is_double = 0;  // FP double precision
  uint8_t conditional_branch = 0;
  uint8_t sub_word = 0;  // byte or halfword access
  uint8_t literal = 0;   // PC-relative load
  uint8_t wide = 0;      // 32-bit encoding
};

}  // namespace tinyrig::emulator
