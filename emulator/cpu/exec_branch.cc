// Branches, IT blocks, and the two wrappers that other instructions need.
#include "emulator/cpu/condition.h"
#include "emulator/cpu/exec.h"
#include "emulator/cpu/memory.h"

namespace tinyrig::emulator {
namespace {

[[gnu::always_inline]] inline const Op* Taken(Cpu& cpu, const Op* op) {
  cpu.cycles += op->extra & 0x7F;
  const Op* target = op->link;
  return TINYRIG_LIKELY(target != nullptr) ? target : cpu.Link(op);
}

template <unsigned Condition>
const Op* BranchIfOp(Cpu& cpu, const Op* op) {
  return Passes(cpu, Condition) ? Taken(cpu, op) : Next(op);
}

const Op* TableBranch(Cpu& cpu, const Op* op, uint32_t entry) {
  cpu.cycles += op->extra & 0x7F;
  return cpu.Jump(op->pc + 4 + 2 * entry);
}

}  // namespace

const Op* Branch(Cpu& cpu, const Op* op) {
  return Taken(cpu, op);
}

Handler BranchIf(unsigned condition) {
  static constexpr Handler kTable[] = {
      BranchIfOp<0>,  BranchIfOp<1>, BranchIfOp<2>,  BranchIfOp<3>,
      BranchIfOp<4>,  BranchIfOp<5>, BranchIfOp<6>,  BranchIfOp<7>,
      BranchIfOp<8>,  BranchIfOp<9>, BranchIfOp<10>, BranchIfOp<11>,
      BranchIfOp<12>, BranchIfOp<13>};
  return kTable[condition];
}

const Op* BranchLink(Cpu& cpu, const Op* op) {
  cpu.r[14] = (op->pc + 4) | 1;
  return Taken(cpu, op);
}

const Op* BranchNoLink(Cpu& cpu, const Op* op) {
  cpu.cycles += op->extra & 0x7F;
  return cpu.Jump(op->imm);
}

const Op* BranchLinkInIt(Cpu& cpu, const Op* op) {
  cpu.r[14] = (op->pc + 4) | 1;
  return BranchNoLink(cpu, op);
}

const Op* BranchExchange(Cpu& cpu, const Op* op) {
  cpu.cycles += op->extra & 0x7F;
  return cpu.BranchTo(op, cpu.r[op->rm]);
}

const Op* BranchLinkExchange(Cpu& cpu, const Op* op) {
  const uint32_t target = cpu.r[op->rm];
  cpu.r[14] = (op->pc + 2) | 1;
  cpu.cycles += op->extra & 0x7F;
  if ((target & 1) != 0) {
    return cpu.Jump(target);  // BLX is no exception return
  }
  Op at = *op;
  at.pc = target;
  at.it = 0;
  return cpu.Fault(&at, FaultKind::kInvalidState);
}

const Op* CompareBranchZero(Cpu& cpu, const Op* op) {
  return cpu.r[op->rn] == 0 ? Taken(cpu, op) : Next(op);
}

const Op* CompareBranchNonZero(Cpu& cpu, const Op* op) {
  return cpu.r[op->rn] != 0 ? Taken(cpu, op) : Next(op);
}

const Op* MovPc(Cpu& cpu, const Op* op) {
  cpu.cycles += op->extra & 0x7F;
  return cpu.Jump(cpu.r[op->rm]);
}

const Op* AddPc(Cpu& cpu, const Op* op) {
  cpu.cycles += op->extra & 0x7F;
  return cpu.Jump(op->pc + 4 + cpu.r[op->rm]);
}

const Op* TableBranchByte(Cpu& cpu, const Op* op) {
  const uint32_t base = op->rn == 15 ? op->pc + 4 : cpu.r[op->rn];
  uint32_t entry = 0;
  if (!Load<uint8_t>(cpu, base + cpu.r[op->rm], &entry)) {
    return cpu.FaultTaken(op);
  }
  return TableBranch(cpu, op, entry);
}

const Op* TableBranchHalf(Cpu& cpu, const Op* op) {
  const uint32_t base = op->rn == 15 ? op->pc + 4 : cpu.r[op->rn];
  uint32_t entry = 0;
  if (!Load<uint16_t>(cpu, base + 2 * cpu.r[op->rm], &entry)) {
    return cpu.FaultTaken(op);
  }
  return TableBranch(cpu, op, entry);
}

// The block was decoded with the IT itself; each Op knows its condition.
const Op* IfThen(Cpu& /*cpu*/, const Op* op) {
  return Next(op);
}

const Op* ConditionalWrapper(Cpu& cpu, const Op* op) {
  if (!Passes(cpu, op->it >> 4)) {
    // Skipped: one cycle, whatever it would have cost (M4-14).
    cpu.cycles += 1;
    cpu.cycles -= op->cost;
    return Next(op);
  }
  cpu.r[15] = op->pc + 4;
  return op->inner(cpu, op);
}

const Op* PcOperandWrapper(Cpu& cpu, const Op* op) {
  cpu.r[15] = op->pc + 4;
  return op->inner(cpu, op);
}

}  // namespace tinyrig::emulator
