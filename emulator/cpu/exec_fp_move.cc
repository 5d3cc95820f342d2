// FP moves: immediates, core registers, status, memory.
#include "emulator/cpu/exec.h"
#include "emulator/cpu/fp.h"

namespace tinyrig::emulator {

const Op* FpGate(Cpu& cpu, const Op* op) {
  return FpReady(cpu) ? Undefined(cpu, op) : NoCoprocessor(cpu, op);
}

const Op* FpMoveImmediate(Cpu& cpu, const Op* op) {
  if (!FpReady(cpu)) {
    return NoCoprocessor(cpu, op);
  }
  cpu.s[op->rd] = op->imm;
  return Next(op);
}

const Op* FpMoveImmediateDouble(Cpu& cpu, const Op* op) {
  if (!FpReady(cpu)) {
    return NoCoprocessor(cpu, op);
  }
  PutBits<double>(cpu, op->rd, uint64_t{op->imm} << 32);
  return Next(op);
}

const Op* FpToCore(Cpu& cpu, const Op* op) {
  if (!FpReady(cpu)) {
    return NoCoprocessor(cpu, op);
  }
  cpu.r[op->ra] = cpu.s[op->rn];
  return Next(op);
}

const Op* FpFromCore(Cpu& cpu, const Op* op) {
  if (!FpReady(cpu)) {
    return NoCoprocessor(cpu, op);
  }
  cpu.s[op->rn] = cpu.r[op->ra];
  return Next(op);
}

const Op* FpToCore2(Cpu& cpu, const Op* op) {
  if (!FpReady(cpu)) {
    return NoCoprocessor(cpu, op);
  }
  cpu.r[op->ra] = cpu.s[op->rm];
  cpu.r[op->rd] = cpu.s[(op->rm + 1) & 31];
  return Next(op);
}

const Op* FpFromCore2(Cpu& cpu, const Op* op) {
  if (!FpReady(cpu)) {
    return NoCoprocessor(cpu, op);
  }
  cpu.s[op->rm] = cpu.r[op->ra];
  cpu.s[(op->rm + 1) & 31] = cpu.r[op->rd];
  return Next(op);
}

const Op* FpReadStatus(Cpu& cpu, const Op* op) {
  if (!FpReady(cpu)) {
    return NoCoprocessor(cpu, op);
  }
  if (op->ra == 15) {
    cpu.SetApsr((cpu.Apsr() & 0x0FFFFFFF) | (cpu.fpscr & 0xF0000000u));
  } else {
    cpu.r[op->ra] = cpu.ReadFpscr();
  }
  return Next(op);
}

const Op* FpWriteStatus(Cpu& cpu, const Op* op) {
  if (!FpReady(cpu)) {
    return NoCoprocessor(cpu, op);
  }
  cpu.WriteFpscr(cpu.r[op->ra]);
  return Next(op);
}

namespace {

uint32_t BaseOf(const Cpu& cpu, const Op* op) {
  return op->rn == 15 ? (op->pc + 4) & ~3u : cpu.r[op->rn];
}

bool LoadWords(Cpu& cpu, const Op* op, uint32_t address) {
  const uint8_t* block = FastBlock(cpu.read_map, address, op->ra * 4u);
  if (TINYRIG_LIKELY(block != nullptr)) {
    std::memcpy(&cpu.s[op->rd], block, op->ra * size_t{4});
    return true;
  }
  uint32_t values[32];
  for (uint32_t i = 0; i < op->ra; ++i) {
    if (!cpu.LoadAligned(address + 4 * i, &values[i])) {
      return false;
    }
  }
  for (uint32_t i = 0; i < op->ra; ++i) {
    cpu.s[(op->rd + i) & 31] = values[i];
  }
  return true;
}

bool StoreWords(Cpu& cpu, const Op* op, uint32_t address) {
  uint8_t* block = FastBlock(cpu.write_map, address, op->ra * 4u);
  if (TINYRIG_LIKELY(block != nullptr)) {
    std::memcpy(block, &cpu.s[op->rd], op->ra * size_t{4});
    return true;
  }
  for (uint32_t i = 0; i < op->ra; ++i) {
    if (!cpu.StoreAligned(address + 4 * i, cpu.s[(op->rd + i) & 31])) {
      return false;
    }
  }
  return true;
}

}  // namespace

const Op* FpLoad(Cpu& cpu, const Op* op) {
  if (!FpReady(cpu)) {
    return NoCoprocessor(cpu, op);
  }
  return LoadWords(cpu, op, BaseOf(cpu, op) + op->imm) ? Next(op)
                                                       : cpu.FaultTaken(op);
}

const Op* FpStore(Cpu& cpu, const Op* op) {
  if (!FpReady(cpu)) {
    return NoCoprocessor(cpu, op);
  }
  return StoreWords(cpu, op, BaseOf(cpu, op) + op->imm) ? Next(op)
                                                        : cpu.FaultTaken(op);
}

namespace {

template <bool (*Transfer)(Cpu&, const Op*, uint32_t)>
const Op* Multiple(Cpu& cpu, const Op* op) {
  if (!FpReady(cpu)) {
    return NoCoprocessor(cpu, op);
  }
  const uint32_t base = BaseOf(cpu, op);
  const bool down = (op->rm & 2) != 0;
  const uint32_t start = down ? base - op->imm : base;
  if (!Transfer(cpu, op, start)) {
    return cpu.FaultTaken(op);
  }
  if ((op->rm & 1) != 0) {
    cpu.r[op->rn] = down ? start : base + op->imm;
  }
  return Next(op);
}

}  // namespace

const Op* FpLoadMultiple(Cpu& cpu, const Op* op) {
  return Multiple<LoadWords>(cpu, op);
}

const Op* FpStoreMultiple(Cpu& cpu, const Op* op) {
  return Multiple<StoreWords>(cpu, op);
}

}  // namespace tinyrig::emulator
