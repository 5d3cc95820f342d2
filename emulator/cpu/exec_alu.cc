// Integer data processing: one handler per (operation, flags, operand kind),
// made by templates so that the inner loop has no decisions left.
#include <array>
#include <utility>

#include "emulator/cpu/cpu.h"
#include "emulator/cpu/exec.h"
#include "emulator/cpu/timing.h"

namespace tinyrig::emulator {
namespace {

constexpr bool IsLogic(Alu alu) {
  return alu <= Alu::kTeq;
}
constexpr bool Writes(Alu alu) {
  return alu != Alu::kTst && alu != Alu::kTeq && alu != Alu::kCmp &&
         alu != Alu::kCmn;
}

template <bool S>
[[gnu::always_inline]] inline uint32_t AddWithCarry(Cpu& cpu, uint32_t a,
                                                    uint32_t b,
                                                    uint32_t carry) {
  const uint64_t wide = uint64_t{a} + b + carry;
  const auto result = static_cast<uint32_t>(wide);
  if constexpr (S) {
    cpu.n_src = cpu.z_src = result;
    cpu.c = static_cast<uint32_t>(wide >> 32);
    cpu.v = ((a ^ result) & (b ^ result)) >> 31;
  }
  return result;
}

template <Alu K, bool S>
[[gnu::always_inline]] inline uint32_t Compute(Cpu& cpu, uint32_t a,
                                               uint32_t b) {
  switch (K) {
    case Alu::kAdd:
    case Alu::kCmn:
      return AddWithCarry<S>(cpu, a, b, 0);
    case Alu::kAdc:
      return AddWithCarry<S>(cpu, a, b, cpu.c);
    case Alu::kSub:
    case Alu::kCmp:
      return AddWithCarry<S>(cpu, a, ~b, 1);
    case Alu::kSbc:
      return AddWithCarry<S>(cpu, a, ~b, cpu.c);
    case Alu::kRsb:
      return AddWithCarry<S>(cpu, b, ~a, 1);
    default:
      break;
  }
  uint32_t result = 0;
  switch (K) {
    case Alu::kAnd:
    case Alu::kTst:
      result = a & b;
      break;
    case Alu::kBic:
      result = a & ~b;
      break;
    case Alu::kOrr:
      result = a | b;
      break;
    case Alu::kOrn:
      result = a | ~b;
      break;
    case Alu::kEor:
    case Alu::kTeq:
      result = a ^ b;
      break;
    case Alu::kMvn:
      result = ~b;
      break;
    default:  // kMov
      result = b;
      break;
  }
  if constexpr (S) {
    cpu.n_src = cpu.z_src = result;
  }
  return result;
}

template <Alu K, bool S>
const Op* Immediate(Cpu& cpu, const Op* op) {
  const uint32_t result = Compute<K, S>(cpu, cpu.r[op->rn], op->imm);
  if constexpr (S && IsLogic(K)) {
    if ((op->ra & 2) != 0) {
      cpu.c = op->ra & 1;
    }
  }
  if constexpr (Writes(K)) {
    cpu.r[op->rd] = result;
  }
  return Next(op);
}

// The shifted value; with C also the bit shifted out.
template <Shift H, bool C>
[[gnu::always_inline]] inline uint32_t Shifted(Cpu& cpu, uint32_t value,
                                               uint32_t amount) {
  uint32_t out = 0;
  uint32_t result = value;
  if constexpr (H == Shift::kNone) {
    return value;
  } else if constexpr (H == Shift::kLsl) {
    out = value >> (32 - amount) & 1;
    result = value << amount;
  } else if constexpr (H == Shift::kLsr) {
    out = value >> (amount - 1) & 1;
    result = amount == 32 ? 0 : value >> amount;
  } else if constexpr (H == Shift::kAsr) {
    out = value >> (amount - 1) & 1;
    result = static_cast<uint32_t>(static_cast<int32_t>(value) >>
                                   (amount == 32 ? 31 : amount));
  } else if constexpr (H == Shift::kRor) {
    result = value >> amount | value << (32 - amount);
    out = result >> 31;
  } else {
    out = value & 1;
    result = cpu.c << 31 | value >> 1;
  }
  if constexpr (C) {
    cpu.c = out;
  }
  return result;
}

template <Alu K, bool S, Shift H>
const Op* Register(Cpu& cpu, const Op* op) {
  // ADC and SBC read C before a shift could change it; logic sets it.
  const uint32_t b = Shifted < H,
                 S && IsLogic(K) > (cpu, cpu.r[op->rm], op->imm);
  const uint32_t result = Compute<K, S>(cpu, cpu.r[op->rn], b);
  if constexpr (Writes(K)) {
    cpu.r[op->rd] = result;
  }
  return Next(op);
}

template <bool S, size_t... I>
constexpr std::array<Handler, sizeof...(I)> Immediates(
    std::index_sequence<I...>) {
  return {Immediate<static_cast<Alu>(I), S>...};
}

template <bool S, size_t... I>
constexpr std::array<Handler, sizeof...(I)> Registers(
    std::index_sequence<I...>) {
  return {Register<static_cast<Alu>(I / 6), S, static_cast<Shift>(I % 6)>...};
}

template <Shift H, bool S>
const Op* RegisterShift(Cpu& cpu, const Op* op) {
  const uint32_t value = cpu.r[op->rn];
  const uint32_t amount = cpu.r[op->rm] & 0xFF;
  uint32_t result = value;
  uint32_t out = cpu.c;
  if (amount != 0) {
    const bool in_range = amount < 32;
    switch (H) {
      case Shift::kLsl:
        result = in_range ? value << amount : 0;
        out = amount <= 32 ? value >> (32 - amount) & 1 : 0;
        break;
      case Shift::kLsr:
        result = in_range ? value >> amount : 0;
        out = amount <= 32 ? value >> (amount - 1) & 1 : 0;
        break;
      case Shift::kAsr: {
        const uint32_t limited = in_range ? amount : 31;
        result = static_cast<uint32_t>(static_cast<int32_t>(value) >> limited);
        out = in_range ? value >> (amount - 1) & 1 : value >> 31;
        break;
      }
      default: {  // kRor
        const uint32_t turn = amount & 31;
        result = turn == 0 ? value : value >> turn | value << (32 - turn);
        out = result >> 31;
        break;
      }
    }
  }
  if constexpr (S) {
    cpu.n_src = cpu.z_src = result;
    cpu.c = out;
  }
  cpu.r[op->rd] = result;
  return Next(op);
}

const Op* Divided(Cpu& cpu, const Op* op, uint32_t result, uint32_t dividend,
                  uint32_t divisor) {
  cpu.cycles += DivideExtraCycles(cpu.IsM7(), dividend, divisor);
  cpu.r[op->rd] = result;
  return Next(op);
}

}  // namespace

Handler AluImmediate(Alu alu, bool set_flags) {
  constexpr auto kIndices = std::make_index_sequence<kAluCount>();
  static constexpr auto kPlain = Immediates<false>(kIndices);
  static constexpr auto kFlags = Immediates<true>(kIndices);
  return (set_flags ? kFlags : kPlain)[static_cast<size_t>(alu)];
}

Handler AluRegister(Alu alu, bool set_flags, Shift shift) {
  constexpr auto kIndices = std::make_index_sequence<size_t{kAluCount} * 6>();
  static constexpr auto kPlain = Registers<false>(kIndices);
  static constexpr auto kFlags = Registers<true>(kIndices);
  const size_t index =
      static_cast<size_t>(alu) * 6 + static_cast<size_t>(shift);
  return (set_flags ? kFlags : kPlain)[index];
}

Handler ShiftByRegister(Shift shift, bool set_flags) {
  switch (shift) {
    case Shift::kLsl:
      return set_flags ? RegisterShift<Shift::kLsl, true>
                       : RegisterShift<Shift::kLsl, false>;
    case Shift::kLsr:
      return set_flags ? RegisterShift<Shift::kLsr, true>
                       : RegisterShift<Shift::kLsr, false>;
    case Shift::kAsr:
      return set_flags ? RegisterShift<Shift::kAsr, true>
                       : RegisterShift<Shift::kAsr, false>;
    default:
      return set_flags ? RegisterShift<Shift::kRor, true>
                       : RegisterShift<Shift::kRor, false>;
  }
}

const Op* Nop(Cpu& /*cpu*/, const Op* op) {
  return Next(op);
}

const Op* MovTop(Cpu& cpu, const Op* op) {
  cpu.r[op->rd] = (cpu.r[op->rd] & 0xFFFF) | op->imm << 16;
  return Next(op);
}

const Op* Clz(Cpu& cpu, const Op* op) {
  const uint32_t value = cpu.r[op->rm];
  cpu.r[op->rd] =
      value == 0 ? 32u : static_cast<uint32_t>(__builtin_clz(value));
  return Next(op);
}

const Op* Rbit(Cpu& cpu, const Op* op) {
  uint32_t x = __builtin_bswap32(cpu.r[op->rm]);
  x = (x & 0x0F0F0F0F) << 4 | (x >> 4 & 0x0F0F0F0F);
  x = (x & 0x33333333) << 2 | (x >> 2 & 0x33333333);
  x = (x & 0x55555555) << 1 | (x >> 1 & 0x55555555);
  cpu.r[op->rd] = x;
  return Next(op);
}

const Op* Rev(Cpu& cpu, const Op* op) {
  cpu.r[op->rd] = __builtin_bswap32(cpu.r[op->rm]);
  return Next(op);
}

const Op* Rev16(Cpu& cpu, const Op* op) {
  const uint32_t swapped = __builtin_bswap32(cpu.r[op->rm]);
  cpu.r[op->rd] = swapped >> 16 | swapped << 16;
  return Next(op);
}

const Op* RevSh(Cpu& cpu, const Op* op) {
  const auto low = static_cast<uint16_t>(cpu.r[op->rm]);
  cpu.r[op->rd] = static_cast<uint32_t>(
      static_cast<int32_t>(static_cast<int16_t>(__builtin_bswap16(low))));
  return Next(op);
}

namespace {
uint32_t WidthMask(uint32_t width) {
  return width >= 32 ? ~0u : (1u << width) - 1;
}
}  // namespace

const Op* Bfi(Cpu& cpu, const Op* op) {
  const uint32_t mask = WidthMask(op->ra) << op->imm;
  cpu.r[op->rd] = (cpu.r[op->rd] & ~mask) | (cpu.r[op->rn] << op->imm & mask);
  return Next(op);
}

const Op* Bfc(Cpu& cpu, const Op* op) {
  cpu.r[op->rd] &= ~(WidthMask(op->ra) << op->imm);
  return Next(op);
}

const Op* Ubfx(Cpu& cpu, const Op* op) {
  cpu.r[op->rd] = cpu.r[op->rn] >> op->imm & WidthMask(op->ra);
  return Next(op);
}

const Op* Sbfx(Cpu& cpu, const Op* op) {
  const uint32_t up = (32u - op->imm - op->ra) & 31;
  cpu.r[op->rd] = static_cast<uint32_t>(
      static_cast<int32_t>(cpu.r[op->rn] << up) >> ((32u - op->ra) & 31));
  return Next(op);
}

const Op* Sdiv(Cpu& cpu, const Op* op) {
  const auto a = static_cast<int32_t>(cpu.r[op->rn]);
  const auto b = static_cast<int32_t>(cpu.r[op->rm]);
  if (b == 0 && (cpu.scb.ccr & Scb::kCcrDivideTrap) != 0) {
    return cpu.Fault(op, FaultKind::kDivideByZero);
  }
  const int64_t result = b == 0 ? 0 : int64_t{a} / b;
  const auto magnitude = [](int32_t x) {
    return x < 0 ? 0u - static_cast<uint32_t>(x) : static_cast<uint32_t>(x);
  };
  return Divided(cpu, op, static_cast<uint32_t>(result), magnitude(a),
                 magnitude(b));
}

const Op* Udiv(Cpu& cpu, const Op* op) {
  const uint32_t a = cpu.r[op->rn];
  const uint32_t b = cpu.r[op->rm];
  if (b == 0 && (cpu.scb.ccr & Scb::kCcrDivideTrap) != 0) {
    return cpu.Fault(op, FaultKind::kDivideByZero);
  }
  return Divided(cpu, op, b == 0 ? 0 : a / b, a, b);
}

}  // namespace tinyrig::emulator
