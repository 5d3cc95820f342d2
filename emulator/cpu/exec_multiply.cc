// Every multiplication. Products that can overflow are made in 64 bits.
#include "emulator/cpu/cpu.h"
#include "emulator/cpu/exec.h"

namespace tinyrig::emulator {
namespace {

int32_t Half(uint32_t value, bool top) {
  return static_cast<int16_t>(top ? value >> 16 : value);
}

uint64_t Wide(const Cpu& cpu, const Op* op) {
  return uint64_t{cpu.r[op->rd]} << 32 | cpu.r[op->ra];
}

const Op* PutWide(Cpu& cpu, const Op* op, uint64_t value) {
  cpu.r[op->ra] = static_cast<uint32_t>(value);
  cpu.r[op->rd] = static_cast<uint32_t>(value >> 32);
  return Next(op);
}

// The 32-bit result of an accumulation; Q when it does not fit.
const Op* PutSticky(Cpu& cpu, const Op* op, int64_t value) {
  const auto result = static_cast<int32_t>(value);
  cpu.q |= result != value ? 1u : 0u;
  cpu.r[op->rd] = static_cast<uint32_t>(result);
  return Next(op);
}

template <bool N, bool M, bool A>
const Op* SmulHalfOp(Cpu& cpu, const Op* op) {
  int64_t value = int64_t{Half(cpu.r[op->rn], N)} * Half(cpu.r[op->rm], M);
  if constexpr (A) {
    value += static_cast<int32_t>(cpu.r[op->ra]);
  }
  return PutSticky(cpu, op, value);
}

template <bool M, bool A>
const Op* SmulWordOp(Cpu& cpu, const Op* op) {
  int64_t value =
      (int64_t{static_cast<int32_t>(cpu.r[op->rn])} * Half(cpu.r[op->rm], M)) >>
      16;
  if constexpr (A) {
    value += static_cast<int32_t>(cpu.r[op->ra]);
  }
  return PutSticky(cpu, op, value);
}

template <bool X, bool Sub>
int64_t DualProduct(const Cpu& cpu, const Op* op) {
  const uint32_t a = cpu.r[op->rn];
  const uint32_t b = cpu.r[op->rm];
  const int64_t low = int64_t{Half(a, false)} * Half(b, X);
  const int64_t high = int64_t{Half(a, true)} * Half(b, !X);
  return Sub ? low - high : low + high;
}

template <bool X, bool Sub, bool A>
const Op* SmulDualOp(Cpu& cpu, const Op* op) {
  int64_t value = DualProduct<X, Sub>(cpu, op);
  if constexpr (A) {
    value += static_cast<int32_t>(cpu.r[op->ra]);
  }
  return PutSticky(cpu, op, value);
}

template <bool Round, bool A, bool Sub>
const Op* SmulMostOp(Cpu& cpu, const Op* op) {
  const int64_t product = int64_t{static_cast<int32_t>(cpu.r[op->rn])} *
                          static_cast<int32_t>(cpu.r[op->rm]);
  uint64_t value = A || Sub ? uint64_t{cpu.r[op->ra]} << 32 : 0;
  value = Sub ? value - static_cast<uint64_t>(product)
              : value + static_cast<uint64_t>(product);
  value += Round ? 0x80000000u : 0;
  cpu.r[op->rd] = static_cast<uint32_t>(value >> 32);
  return Next(op);
}

template <bool N, bool M>
const Op* SmlalHalfOp(Cpu& cpu, const Op* op) {
  const int64_t product =
      int64_t{Half(cpu.r[op->rn], N)} * Half(cpu.r[op->rm], M);
  return PutWide(cpu, op, Wide(cpu, op) + static_cast<uint64_t>(product));
}

template <bool X, bool Sub>
const Op* SmlalDualOp(Cpu& cpu, const Op* op) {
  const auto product = static_cast<uint64_t>(DualProduct<X, Sub>(cpu, op));
  return PutWide(cpu, op, Wide(cpu, op) + product);
}

}  // namespace

const Op* Mul(Cpu& cpu, const Op* op) {
  cpu.r[op->rd] = cpu.r[op->rn] * cpu.r[op->rm];
  return Next(op);
}

const Op* MulFlags(Cpu& cpu, const Op* op) {
  const uint32_t result = cpu.r[op->rn] * cpu.r[op->rm];
  cpu.r[op->rd] = cpu.n_src = cpu.z_src = result;
  return Next(op);
}

const Op* Mla(Cpu& cpu, const Op* op) {
  cpu.r[op->rd] = cpu.r[op->ra] + cpu.r[op->rn] * cpu.r[op->rm];
  return Next(op);
}

const Op* Mls(Cpu& cpu, const Op* op) {
  cpu.r[op->rd] = cpu.r[op->ra] - cpu.r[op->rn] * cpu.r[op->rm];
  return Next(op);
}

const Op* Smull(Cpu& cpu, const Op* op) {
  const int64_t product = int64_t{static_cast<int32_t>(cpu.r[op->rn])} *
                          static_cast<int32_t>(cpu.r[op->rm]);
  return PutWide(cpu, op, static_cast<uint64_t>(product));
}

const Op* Umull(Cpu& cpu, const Op* op) {
  return PutWide(cpu, op, uint64_t{cpu.r[op->rn]} * cpu.r[op->rm]);
}

const Op* Smlal(Cpu& cpu, const Op* op) {
  const int64_t product = int64_t{static_cast<int32_t>(cpu.r[op->rn])} *
                          static_cast<int32_t>(cpu.r[op->rm]);
  return PutWide(cpu, op, Wide(cpu, op) + static_cast<uint64_t>(product));
}

const Op* Umlal(Cpu& cpu, const Op* op) {
  return PutWide(cpu, op,
                 Wide(cpu, op) + uint64_t{cpu.r[op->rn]} * cpu.r[op->rm]);
}

const Op* Umaal(Cpu& cpu, const Op* op) {
  return PutWide(
      cpu, op,
      uint64_t{cpu.r[op->rn]} * cpu.r[op->rm] + cpu.r[op->rd] + cpu.r[op->ra]);
}

Handler SmulHalf(unsigned half, bool accumulate) {
  static constexpr Handler kPlain[] = {
      SmulHalfOp<false, false, false>, SmulHalfOp<false, true, false>,
      SmulHalfOp<true, false, false>, SmulHalfOp<true, true, false>};
  static constexpr Handler kSum[] = {
      SmulHalfOp<false, false, true>, SmulHalfOp<false, true, true>,
      SmulHalfOp<true, false, true>, SmulHalfOp<true, true, true>};
  return (accumulate ? kSum : kPlain)[half];
}

Handler SmulWord(unsigned half, bool accumulate) {
  if (accumulate) {
    return half != 0 ? SmulWordOp<true, true> : SmulWordOp<false, true>;
  }
  return half != 0 ? SmulWordOp<true, false> : SmulWordOp<false, false>;
}

Handler SmulDual(bool exchange, bool subtract, bool accumulate) {
  static constexpr Handler kTable[] = {
      SmulDualOp<false, false, false>, SmulDualOp<false, false, true>,
      SmulDualOp<false, true, false>,  SmulDualOp<false, true, true>,
      SmulDualOp<true, false, false>,  SmulDualOp<true, false, true>,
      SmulDualOp<true, true, false>,   SmulDualOp<true, true, true>};
  return kTable[unsigned{exchange} * 4 + unsigned{subtract} * 2 +
                unsigned{accumulate}];
}

Handler SmulMost(bool round, bool accumulate, bool subtract) {
  if (subtract) {
    return round ? SmulMostOp<true, true, true> : SmulMostOp<false, true, true>;
  }
  if (accumulate) {
    return round ? SmulMostOp<true, true, false>
                 : SmulMostOp<false, true, false>;
  }
  return round ? SmulMostOp<true, false, false>
               : SmulMostOp<false, false, false>;
}

Handler SmlalHalf(unsigned half) {
  static constexpr Handler kTable[] = {
      SmlalHalfOp<false, false>, SmlalHalfOp<false, true>,
      SmlalHalfOp<true, false>, SmlalHalfOp<true, true>};
  return kTable[half];
}

Handler SmlalDual(bool exchange, bool subtract) {
  static constexpr Handler kTable[] = {
      SmlalDualOp<false, false>, SmlalDualOp<false, true>,
      SmlalDualOp<true, false>, SmlalDualOp<true, true>};
  return kTable[unsigned{exchange} * 2 + unsigned{subtract}];
}

}  // namespace tinyrig::emulator
