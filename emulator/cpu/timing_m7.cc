// "m7-simple-v1": pairs decided per neighbouring instructions at decode time.
// NOT YET VALIDATED; no caches, no wait states, no stages. docs/TIMING.md.
#include <algorithm>

#include "emulator/cpu/timing.h"

namespace tinyrig::emulator {
namespace {

constexpr unsigned kMispredictCycles = 0;  // perfect prediction, until modelled
constexpr unsigned kIndirectBranchCycles = 1;

bool IsFp(const Meta& m) {
  return m.cls >= OpClass::kFpAlu && m.cls <= OpClass::kFpSqrt;
}
bool IsStore(const Meta& m) {
  return m.cls == OpClass::kStore || m.cls == OpClass::kStoreReg;
}

bool IssuesAlone(const Meta& m) {
  switch (m.cls) {
    case OpClass::kMultiple:
    case OpClass::kDiv:
    case OpClass::kSystem:
    case OpClass::kTableBranch:
    case OpClass::kLoadPc:
    case OpClass::kFpStatus:
      return true;
    case OpClass::kFpMove:
    case OpClass::kLoad:
      return m.words > 1;
    default:
      return false;
  }
}

bool UnitsClash(const Meta& a, const Meta& b) {
  const auto both = [&](OpClass cls) { return a.cls == cls && b.cls == cls; };
  return both(OpClass::kMul) || both(OpClass::kDsp) ||
         both(OpClass::kInlineShift) || (IsFp(a) && IsFp(b)) ||
         (IsStore(a) && IsStore(b)) || (a.cls == OpClass::kMul && IsStore(b)) ||
         (IsStore(a) && b.cls == OpClass::kMul) ||
         (b.cls == OpClass::kDsp) ||  // only as the older of a pair
         (a.cls == OpClass::kBranch || a.cls == OpClass::kBranchReg);
}

// Data that the younger of a pair needs from the older: late ALU results do
// not arrive in the same cycle, except at a store's data.
bool DataClash(const Meta& a, const Meta& b) {
  const uint16_t needs =
      static_cast<uint16_t>(b.addresses | (IsStore(b) ? 0 : b.reads));
  return (a.writes & needs) != 0 ||
         (a.fp_writes & (b.fp_reads | b.fp_addend)) != 0;
}

unsigned Latency(const Meta& now, const Meta& next) {
  if ((now.writes & next.addresses) != 0) {
    return now.cls == OpClass::kLoad ? 2 : 1;
  }
  if ((now.writes & next.reads) != 0) {
    if (now.cls == OpClass::kMul) {
      return 2;
    }
    if (now.cls == OpClass::kLoad) {
      return now.sub_word || next.cls == OpClass::kInlineShift ||
                     next.cls == OpClass::kMul
                 ? 2
                 : 1;
    }
  }
  if ((now.fp_writes & next.fp_reads) != 0 && IsFp(next)) {
    return now.cls == OpClass::kFpMac ? 5 : IsFp(now) ? 3 : 1;
  }
  if ((now.fp_writes & next.fp_addend) != 0 && IsFp(now)) {
    return 3;
  }
  return 1;
}

unsigned IssueCycles(const Meta& now) {
  switch (now.cls) {
    case OpClass::kMultiple:
      return (now.words + 1u) / 2;
    case OpClass::kFpDiv:
      return now.is_double ? 30 : 16;
    case OpClass::kFpSqrt:
      return now.is_double ? 30 : 14;
    case OpClass::kFpMac:
      return now.is_double ? 7 : 1;
    case OpClass::kDiv:
    case OpClass::kTableBranch:
      return 2;
    case OpClass::kSystem:
      return 3;
    default:
      return 1;
  }
}

}  // namespace

Cost CostM7(const Meta& now, const Meta& next, uint32_t /*address*/) {
  Cost cost;
  cost.pairs_with_next = !IssuesAlone(now) && !IssuesAlone(next) &&
                         !UnitsClash(now, next) && !DataClash(now, next) &&
                         IssueCycles(now) == 1 && IssueCycles(next) == 1;
  const unsigned cycles = std::max(IssueCycles(now), Latency(now, next));
  cost.cycles = static_cast<uint8_t>(cycles);
  const bool direct = now.cls == OpClass::kBranch;
  cost.taken_cycles =
      static_cast<uint8_t>(direct ? kMispredictCycles : kIndirectBranchCycles);
  return cost;
}

}  // namespace tinyrig::emulator
