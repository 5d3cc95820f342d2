// Loads and stores. A faulting access leaves every register as it was.
#include "emulator/cpu/exec.h"
#include "emulator/cpu/memory.h"

namespace tinyrig::emulator {
namespace {

template <Access A>
struct TypeOf;
template <>
struct TypeOf<Access::kU8> {
  using T = uint8_t;
};
template <>
struct TypeOf<Access::kU16> {
  using T = uint16_t;
};
template <>
struct TypeOf<Access::kU32> {
  using T = uint32_t;
};
template <>
struct TypeOf<Access::kS8> {
  using T = int8_t;
};
template <>
struct TypeOf<Access::kS16> {
  using T = int16_t;
};

template <Address M>
[[gnu::always_inline]] inline uint32_t Where(const Cpu& cpu, const Op* op) {
  switch (M) {
    case Address::kOffset:
    case Address::kPre:
      return cpu.r[op->rn] + op->imm;
    case Address::kPost:
      return cpu.r[op->rn];
    case Address::kRegister:
      return cpu.r[op->rn] + (cpu.r[op->rm] << op->imm);
    default:
      return op->imm;
  }
}

template <Address M>
[[gnu::always_inline]] inline void WriteBack(Cpu& cpu, const Op* op,
                                             uint32_t address) {
  if constexpr (M == Address::kPre) {
    cpu.r[op->rn] = address;
  } else if constexpr (M == Address::kPost) {
    cpu.r[op->rn] = address + op->imm;
  }
}

// The slow way stands apart so that the fast one needs no stack frame.
template <Access A, Address M>
[[gnu::noinline]] const Op* LoadOpSlow(Cpu& cpu, const Op* op) {
  const uint32_t address = Where<M>(cpu, op);
  uint32_t value = 0;
  if (!Load<typename TypeOf<A>::T>(cpu, address, &value)) {
    return cpu.FaultTaken(op);
  }
  WriteBack<M>(cpu, op, address);
  cpu.r[op->rd] = value;
  return Next(op);
}

template <Access A, Address M>
const Op* LoadOp(Cpu& cpu, const Op* op) {
  const uint32_t address = Where<M>(cpu, op);
  uint32_t value;
  if (!TINYRIG_LIKELY(
          (LoadFast<typename TypeOf<A>::T>(cpu, address, &value)))) {
    return LoadOpSlow<A, M>(cpu, op);
  }
  WriteBack<M>(cpu, op, address);
  cpu.r[op->rd] = value;
  return Next(op);
}

template <Access A, Address M>
[[gnu::noinline]] const Op* StoreOpSlow(Cpu& cpu, const Op* op) {
  const uint32_t address = Where<M>(cpu, op);
  if (!Store<typename TypeOf<A>::T>(cpu, address, cpu.r[op->rd])) {
    return cpu.FaultTaken(op);
  }
  WriteBack<M>(cpu, op, address);
  return Next(op);
}

template <Access A, Address M>
const Op* StoreOp(Cpu& cpu, const Op* op) {
  const uint32_t address = Where<M>(cpu, op);
  if (!TINYRIG_LIKELY(
          (StoreFast<typename TypeOf<A>::T>(cpu, address, cpu.r[op->rd])))) {
    return StoreOpSlow<A, M>(cpu, op);
  }
  WriteBack<M>(cpu, op, address);
  return Next(op);
}

template <Address M>
const Op* LoadPcOp(Cpu& cpu, const Op* op) {
  const uint32_t address = Where<M>(cpu, op);
  uint32_t target = 0;
  if (!cpu.LoadAligned(address, &target)) {
    return cpu.FaultTaken(op);
  }
  WriteBack<M>(cpu, op, address);
  cpu.cycles += op->extra & 0x7F;
  return cpu.BranchTo(op, target);
}

template <Address M>
Handler LoadOf(Access access) {
  switch (access) {
    case Access::kU8:
      return LoadOp<Access::kU8, M>;
    case Access::kU16:
      return LoadOp<Access::kU16, M>;
    case Access::kS8:
      return LoadOp<Access::kS8, M>;
    case Access::kS16:
      return LoadOp<Access::kS16, M>;
    default:
      return LoadOp<Access::kU32, M>;
  }
}

template <Address M>
Handler StoreOf(Access access) {
  switch (access) {
    case Access::kU8:
      return StoreOp<Access::kU8, M>;
    case Access::kU16:
      return StoreOp<Access::kU16, M>;
    default:
      return StoreOp<Access::kU32, M>;
  }
}

template <typename T>
const Op* LoadExclusiveOp(Cpu& cpu, const Op* op) {
  const uint32_t address = cpu.r[op->rn] + op->imm;
  uint32_t value = 0;
  if ((address & (sizeof(T) - 1)) != 0) {
    return cpu.Fault(op, FaultKind::kUnaligned);
  }
  if (!Load<T>(cpu, address, &value)) {
    return cpu.FaultTaken(op);
  }
  cpu.exclusive = true;
  cpu.r[op->rd] = value;
  return Next(op);
}

template <typename T>
const Op* StoreExclusiveOp(Cpu& cpu, const Op* op) {
  const uint32_t address = cpu.r[op->rn] + op->imm;
  if ((address & (sizeof(T) - 1)) != 0) {
    return cpu.Fault(op, FaultKind::kUnaligned);
  }
  if (!cpu.exclusive) {
    cpu.r[op->ra] = 1;
    return Next(op);
  }
  if (!Store<T>(cpu, address, cpu.r[op->rd])) {
    return cpu.FaultTaken(op);
  }
  cpu.exclusive = false;
  cpu.r[op->ra] = 0;
  return Next(op);
}

uint32_t BlockStart(const Cpu& cpu, const Op* op, uint32_t size) {
  return (op->ra & 2) != 0 ? cpu.r[op->rn] - size : cpu.r[op->rn];
}

}  // namespace

Handler LoadSingle(Access access, Address address) {
  switch (address) {
    case Address::kOffset:
      return LoadOf<Address::kOffset>(access);
    case Address::kPre:
      return LoadOf<Address::kPre>(access);
    case Address::kPost:
      return LoadOf<Address::kPost>(access);
    case Address::kRegister:
      return LoadOf<Address::kRegister>(access);
    default:
      return LoadOf<Address::kLiteral>(access);
  }
}

Handler StoreSingle(Access access, Address address) {
  switch (address) {
    case Address::kOffset:
      return StoreOf<Address::kOffset>(access);
    case Address::kPre:
      return StoreOf<Address::kPre>(access);
    case Address::kPost:
      return StoreOf<Address::kPost>(access);
    default:
      return StoreOf<Address::kRegister>(access);
  }
}

Handler LoadPc(Address address) {
  switch (address) {
    case Address::kOffset:
      return LoadPcOp<Address::kOffset>;
    case Address::kPre:
      return LoadPcOp<Address::kPre>;
    case Address::kPost:
      return LoadPcOp<Address::kPost>;
    case Address::kRegister:
      return LoadPcOp<Address::kRegister>;
    default:
      return LoadPcOp<Address::kLiteral>;
  }
}

const Op* LoadDual(Cpu& cpu, const Op* op) {
  const uint32_t base = cpu.r[op->rn];
  const uint32_t address = (op->rm & 2) != 0 ? base : base + op->imm;
  uint32_t first = 0;
  uint32_t second = 0;
  if (!cpu.LoadAligned(address, &first) ||
      !cpu.LoadAligned(address + 4, &second)) {
    return cpu.FaultTaken(op);
  }
  if ((op->rm & 1) != 0) {
    cpu.r[op->rn] = base + op->imm;
  }
  cpu.r[op->rd] = first;
  cpu.r[op->ra] = second;
  return Next(op);
}

const Op* StoreDual(Cpu& cpu, const Op* op) {
  const uint32_t base = cpu.r[op->rn];
  const uint32_t address = (op->rm & 2) != 0 ? base : base + op->imm;
  if (!cpu.StoreAligned(address, cpu.r[op->rd]) ||
      !cpu.StoreAligned(address + 4, cpu.r[op->ra])) {
    return cpu.FaultTaken(op);
  }
  if ((op->rm & 1) != 0) {
    cpu.r[op->rn] = base + op->imm;
  }
  return Next(op);
}

const Op* LoadDualLiteral(Cpu& cpu, const Op* op) {
  uint32_t first = 0;
  uint32_t second = 0;
  if (!cpu.LoadAligned(op->imm, &first) ||
      !cpu.LoadAligned(op->imm + 4, &second)) {
    return cpu.FaultTaken(op);
  }
  cpu.r[op->rd] = first;
  cpu.r[op->ra] = second;
  return Next(op);
}

namespace {

// Into values[], one per bit of the list; nothing else changes on a fault.
bool LoadList(Cpu& cpu, uint32_t list, uint32_t address, uint32_t* values) {
  for (uint32_t bits = list; bits != 0; bits &= bits - 1) {
    if (!cpu.LoadAligned(address, &values[__builtin_ctz(bits)])) {
      return false;
    }
    address += 4;
  }
  return true;
}

[[gnu::noinline]] bool StoreList(Cpu& cpu, uint32_t list, uint32_t address) {
  for (uint32_t bits = list; bits != 0; bits &= bits - 1) {
    if (!cpu.StoreAligned(address, cpu.r[__builtin_ctz(bits)])) {
      return false;
    }
    address += 4;
  }
  return true;
}

void WriteBackBlock(Cpu& cpu, const Op* op, uint32_t start, uint32_t size) {
  if ((op->ra & 1) != 0) {
    cpu.r[op->rn] = (op->ra & 2) != 0 ? start : start + size;
  }
}

[[gnu::noinline]] const Op* LoadMultipleSlow(Cpu& cpu, const Op* op,
                                             uint32_t start, uint32_t size) {
  uint32_t values[16];
  if (!LoadList(cpu, op->imm, start, values)) {
    return cpu.FaultTaken(op);
  }
  WriteBackBlock(cpu, op, start, size);
  for (uint32_t bits = op->imm & 0x7FFF; bits != 0; bits &= bits - 1) {
    const int i = __builtin_ctz(bits);
    cpu.r[i] = values[i];
  }
  if ((op->imm & 0x8000) != 0) {
    cpu.cycles += op->extra & 0x7F;
    return cpu.BranchTo(op, values[15]);
  }
  return Next(op);
}

uint32_t ListBytes(uint32_t list) {
  return 4u * static_cast<uint32_t>(__builtin_popcount(list));
}

}  // namespace

const Op* LoadMultiple(Cpu& cpu, const Op* op) {
  const uint32_t size = ListBytes(op->imm);
  const uint32_t start = BlockStart(cpu, op, size);
  const uint8_t* block = FastBlock(cpu.read_map, start, size);
  if (!TINYRIG_LIKELY(block != nullptr)) {
    return LoadMultipleSlow(cpu, op, start, size);
  }
  WriteBackBlock(cpu, op, start, size);
  for (uint32_t bits = op->imm & 0x7FFF; bits != 0; bits &= bits - 1) {
    std::memcpy(&cpu.r[__builtin_ctz(bits)], block, 4);
    block += 4;
  }
  if ((op->imm & 0x8000) != 0) {
    uint32_t target = 0;
    std::memcpy(&target, block, 4);
    cpu.cycles += op->extra & 0x7F;
    return cpu.BranchTo(op, target);
  }
  return Next(op);
}

const Op* StoreMultiple(Cpu& cpu, const Op* op) {
  const uint32_t size = ListBytes(op->imm);
  const uint32_t start = BlockStart(cpu, op, size);
  uint8_t* block = FastBlock(cpu.write_map, start, size);
  if (TINYRIG_LIKELY(block != nullptr)) {
    for (uint32_t bits = op->imm; bits != 0; bits &= bits - 1) {
      std::memcpy(block, &cpu.r[__builtin_ctz(bits)], 4);
      block += 4;
    }
  } else if (!StoreList(cpu, op->imm, start)) {
    return cpu.FaultTaken(op);
  }
  WriteBackBlock(cpu, op, start, size);
  return Next(op);
}

Handler LoadExclusive(Access access) {
  return access == Access::kU8    ? LoadExclusiveOp<uint8_t>
         : access == Access::kU16 ? LoadExclusiveOp<uint16_t>
                                  : LoadExclusiveOp<uint32_t>;
}

Handler StoreExclusive(Access access) {
  return access == Access::kU8    ? StoreExclusiveOp<uint8_t>
         : access == Access::kU16 ? StoreExclusiveOp<uint16_t>
                                  : StoreExclusiveOp<uint32_t>;
}

const Op* ClearExclusive(Cpu& cpu, const Op* op) {
  cpu.exclusive = false;
  return Next(op);
}

}  // namespace tinyrig::emulator
