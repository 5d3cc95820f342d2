// SIMD within a register, saturation, extension, packing.
#include <algorithm>

#include "emulator/cpu/cpu.h"
#include "emulator/cpu/exec.h"

namespace tinyrig::emulator {
namespace {

uint32_t Rotated(uint32_t value, uint32_t amount) {
  return amount == 0 ? value : value >> amount | value << (32 - amount);
}

template <unsigned Kind, bool Add>
const Op* ExtendOp(Cpu& cpu, const Op* op) {
  const uint32_t x = Rotated(cpu.r[op->rm], op->imm);
  const uint32_t base = Add ? cpu.r[op->rn] : 0;
  uint32_t result = 0;
  if constexpr (Kind == 2 || Kind == 3) {
    const auto lane = [x](unsigned shift) {
      const auto byte = static_cast<uint8_t>(x >> shift);
      return Kind == 2 ? static_cast<uint32_t>(
                             static_cast<int32_t>(static_cast<int8_t>(byte)))
                       : uint32_t{byte};
    };
    result = ((base + lane(0)) & 0xFFFF) | ((base >> 16) + lane(16)) << 16;
  } else if constexpr (Kind == 0) {
    result = base + static_cast<uint32_t>(
                        static_cast<int32_t>(static_cast<int16_t>(x)));
  } else if constexpr (Kind == 1) {
    result = base + (x & 0xFFFF);
  } else if constexpr (Kind == 4) {
    result = base + static_cast<uint32_t>(
                        static_cast<int32_t>(static_cast<int8_t>(x)));
  } else {
    result = base + (x & 0xFF);
  }
  cpu.r[op->rd] = result;
  return Next(op);
}

enum class Lanes : uint8_t { kAdd8, kAdd16, kAsx, kSub8, kSub16, kSax };
enum class Prefix : uint8_t { kS, kQ, kSh, kU, kUq, kUh };

// One lane of `width` bits: the stored value; *ge as S and U define it.
template <Prefix P, unsigned Width>
uint32_t Lane(int32_t a, int32_t b, bool subtract, bool* ge) {
  constexpr int32_t kMaxSigned = (1 << (Width - 1)) - 1;
  constexpr int32_t kMaxUnsigned = static_cast<int32_t>((1u << Width) - 1);
  int32_t sum = subtract ? a - b : a + b;
  *ge = P == Prefix::kU && !subtract ? sum > kMaxUnsigned : sum >= 0;
  switch (P) {
    case Prefix::kQ:
      sum = std::clamp(sum, -kMaxSigned - 1, kMaxSigned);
      break;
    case Prefix::kUq:
      sum = std::clamp(sum, 0, kMaxUnsigned);
      break;
    case Prefix::kSh:
    case Prefix::kUh:
      sum >>= 1;
      break;
    default:
      break;
  }
  return static_cast<uint32_t>(sum) & ((1u << Width) - 1);
}

template <Prefix P, unsigned Width>
int32_t Part(uint32_t value, unsigned index) {
  const uint32_t bits = value >> (index * Width);
  if constexpr (P == Prefix::kU || P == Prefix::kUq || P == Prefix::kUh) {
    return static_cast<int32_t>(bits & ((1u << Width) - 1));
  } else {
    return Width == 8 ? int32_t{static_cast<int8_t>(bits)}
                      : int32_t{static_cast<int16_t>(bits)};
  }
}

template <Lanes L, Prefix P>
const Op* ParallelOp(Cpu& cpu, const Op* op) {
  constexpr bool kBytes = L == Lanes::kAdd8 || L == Lanes::kSub8;
  constexpr unsigned kWidth = kBytes ? 8 : 16;
  constexpr bool kCross = L == Lanes::kAsx || L == Lanes::kSax;
  const uint32_t a = cpu.r[op->rn];
  const uint32_t b = cpu.r[op->rm];
  uint32_t result = 0;
  uint32_t flags = 0;
  for (unsigned i = 0; i < 32 / kWidth; ++i) {
    const unsigned j = kCross ? 1 - i : i;
    const bool subtract = L == Lanes::kSub8 || L == Lanes::kSub16 ||
                          (L == Lanes::kAsx && i == 0) ||
                          (L == Lanes::kSax && i == 1);
    bool ge = false;
    const uint32_t lane = Lane<P, kWidth>(Part<P, kWidth>(a, i),
                                          Part<P, kWidth>(b, j), subtract, &ge);
    result |= lane << (i * kWidth);
    if (ge) {
      flags |= kBytes ? 1u << i : 3u << (2 * i);
    }
  }
  if constexpr (P == Prefix::kS || P == Prefix::kU) {
    cpu.ge = flags;
  }
  cpu.r[op->rd] = result;
  return Next(op);
}

template <Lanes L>
Handler ByPrefix(unsigned prefix) {
  switch (prefix) {
    case 0:
      return ParallelOp<L, Prefix::kS>;
    case 1:
      return ParallelOp<L, Prefix::kQ>;
    case 2:
      return ParallelOp<L, Prefix::kSh>;
    case 4:
      return ParallelOp<L, Prefix::kU>;
    case 5:
      return ParallelOp<L, Prefix::kUq>;
    case 6:
      return ParallelOp<L, Prefix::kUh>;
    default:
      return nullptr;
  }
}

int32_t Saturate(Cpu& cpu, int64_t value, int64_t low, int64_t high) {
  const int64_t result = std::clamp(value, low, high);
  cpu.q |= result != value ? 1u : 0u;
  return static_cast<int32_t>(result);
}

const Op* PutSaturated(Cpu& cpu, const Op* op, int64_t value) {
  cpu.r[op->rd] =
      static_cast<uint32_t>(Saturate(cpu, value, INT32_MIN, INT32_MAX));
  return Next(op);
}

int64_t Signed(uint32_t value) {
  return static_cast<int32_t>(value);
}

int64_t Doubled(Cpu& cpu, uint32_t value) {
  return Saturate(cpu, 2 * Signed(value), INT32_MIN, INT32_MAX);
}

int32_t ShiftedOperand(const Cpu& cpu, const Op* op) {
  const uint32_t value = cpu.r[op->rn];
  return op->rm != 0 ? static_cast<int32_t>(value) >> op->imm
                     : static_cast<int32_t>(value << op->imm);
}

uint32_t Sad(uint32_t a, uint32_t b) {
  uint32_t sum = 0;
  for (unsigned shift = 0; shift < 32; shift += 8) {
    const auto x = static_cast<int>(a >> shift & 0xFF);
    const auto y = static_cast<int>(b >> shift & 0xFF);
    sum += static_cast<uint32_t>(x > y ? x - y : y - x);
  }
  return sum;
}

}  // namespace

Handler Extend(unsigned kind, bool add) {
  static constexpr Handler kPlain[] = {ExtendOp<0, false>, ExtendOp<1, false>,
                                       ExtendOp<2, false>, ExtendOp<3, false>,
                                       ExtendOp<4, false>, ExtendOp<5, false>};
  static constexpr Handler kAdd[] = {ExtendOp<0, true>, ExtendOp<1, true>,
                                     ExtendOp<2, true>, ExtendOp<3, true>,
                                     ExtendOp<4, true>, ExtendOp<5, true>};
  return kind >= 6 ? nullptr : (add ? kAdd : kPlain)[kind];
}

Handler Parallel(unsigned operation, unsigned prefix) {
  switch (operation) {
    case 0:
      return ByPrefix<Lanes::kAdd8>(prefix);
    case 1:
      return ByPrefix<Lanes::kAdd16>(prefix);
    case 2:
      return ByPrefix<Lanes::kAsx>(prefix);
    case 4:
      return ByPrefix<Lanes::kSub8>(prefix);
    case 5:
      return ByPrefix<Lanes::kSub16>(prefix);
    case 6:
      return ByPrefix<Lanes::kSax>(prefix);
    default:
      return nullptr;
  }
}

const Op* Qadd(Cpu& cpu, const Op* op) {
  return PutSaturated(cpu, op, Signed(cpu.r[op->rm]) + Signed(cpu.r[op->rn]));
}

const Op* Qsub(Cpu& cpu, const Op* op) {
  return PutSaturated(cpu, op, Signed(cpu.r[op->rm]) - Signed(cpu.r[op->rn]));
}

const Op* Qdadd(Cpu& cpu, const Op* op) {
  const int64_t twice = Doubled(cpu, cpu.r[op->rn]);
  return PutSaturated(cpu, op, Signed(cpu.r[op->rm]) + twice);
}

const Op* Qdsub(Cpu& cpu, const Op* op) {
  const int64_t twice = Doubled(cpu, cpu.r[op->rn]);
  return PutSaturated(cpu, op, Signed(cpu.r[op->rm]) - twice);
}

const Op* Sel(Cpu& cpu, const Op* op) {
  uint32_t mask = 0;
  for (unsigned i = 0; i < 4; ++i) {
    mask |= (cpu.ge >> i & 1) != 0 ? 0xFFu << (8 * i) : 0;
  }
  cpu.r[op->rd] = (cpu.r[op->rn] & mask) | (cpu.r[op->rm] & ~mask);
  return Next(op);
}

const Op* PkhBt(Cpu& cpu, const Op* op) {
  cpu.r[op->rd] =
      (cpu.r[op->rn] & 0xFFFF) | (cpu.r[op->rm] << op->imm & 0xFFFF0000u);
  return Next(op);
}

const Op* PkhTb(Cpu& cpu, const Op* op) {
  const int32_t low =
      static_cast<int32_t>(cpu.r[op->rm]) >> std::min(op->imm, 31u);
  cpu.r[op->rd] =
      (cpu.r[op->rn] & 0xFFFF0000u) | (static_cast<uint32_t>(low) & 0xFFFF);
  return Next(op);
}

const Op* Ssat(Cpu& cpu, const Op* op) {
  const int64_t limit = int64_t{1} << (op->ra - 1);
  cpu.r[op->rd] = static_cast<uint32_t>(
      Saturate(cpu, ShiftedOperand(cpu, op), -limit, limit - 1));
  return Next(op);
}

const Op* Usat(Cpu& cpu, const Op* op) {
  const int64_t limit = int64_t{1} << op->ra;
  cpu.r[op->rd] = static_cast<uint32_t>(
      Saturate(cpu, ShiftedOperand(cpu, op), 0, limit - 1));
  return Next(op);
}

namespace {
const Op* PutSaturated16(Cpu& cpu, const Op* op, int64_t low, int64_t high) {
  const uint32_t value = cpu.r[op->rn];
  const auto part = [&](unsigned shift) {
    const auto half = static_cast<int16_t>(value >> shift);
    return static_cast<uint32_t>(Saturate(cpu, half, low, high)) & 0xFFFF;
  };
  const uint32_t bottom = part(0);
  cpu.r[op->rd] = bottom | part(16) << 16;
  return Next(op);
}
}  // namespace

const Op* Ssat16(Cpu& cpu, const Op* op) {
  const int64_t limit = int64_t{1} << (op->ra - 1);
  return PutSaturated16(cpu, op, -limit, limit - 1);
}

const Op* Usat16(Cpu& cpu, const Op* op) {
  return PutSaturated16(cpu, op, 0, (int64_t{1} << op->ra) - 1);
}

const Op* Usad8(Cpu& cpu, const Op* op) {
  cpu.r[op->rd] = Sad(cpu.r[op->rn], cpu.r[op->rm]);
  return Next(op);
}

const Op* Usada8(Cpu& cpu, const Op* op) {
  cpu.r[op->rd] = cpu.r[op->ra] + Sad(cpu.r[op->rn], cpu.r[op->rm]);
  return Next(op);
}

}  // namespace tinyrig::emulator
