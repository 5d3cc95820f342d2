// "m4-trm-v1": the documented Cortex-M4 table at 0 wait states, NOT YET
// VALIDATED against anything measured by us. Rule numbers: docs/TIMING.md.
#include <algorithm>

#include "emulator/cpu/timing.h"

namespace tinyrig::emulator {
namespace {

// Contested rules, each with the readings that exist.
constexpr bool kStoreHidesLoadCycle = true;  // measured 2; the TRM shows 3
constexpr bool kStoreDelaysLoad = true;      // measured +1; the TRM shows none
constexpr bool kSameBaseIndexedChains = false;  // measured no; TRM silent
constexpr bool kNopHidesLoadCycle = true;       // measured; TRM silent
constexpr bool kItFolds = true;          // onto a 16-bit instruction before it
constexpr unsigned kRefillDirect = 1;    // P of B, B<cc>, CBZ, BL
constexpr unsigned kRefillRegister = 2;  // P of BX, MOV PC, POP {PC}
constexpr unsigned kRefillLoad = 3;      // P of LDR PC and TBB
constexpr unsigned kCoreFpMove = 1;      // or 2 (a compiler's model)

bool IsMemory(const Meta& meta) {
  return meta.cls == OpClass::kLoad || meta.cls == OpClass::kStore ||
         meta.cls == OpClass::kStoreReg || meta.cls == OpClass::kMultiple ||
         meta.cls == OpClass::kLoadPc || meta.cls == OpClass::kTableBranch;
}

bool IsDataProcessing(const Meta& meta) {
  return meta.cls <= OpClass::kDiv;
}

bool ChainsOnOneBase(const Meta& now, const Meta& next) {
  return now.write_back && next.write_back &&
         (now.addresses & next.addresses) != 0;
}

// The data cycle of a load is hidden behind the next access.
bool NextHidesLoadCycle(const Meta& now, const Meta& next) {
  if ((next.addresses & now.writes) != 0 && !now.write_back) {
    return false;
  }
  if (ChainsOnOneBase(now, next) && !kSameBaseIndexedChains) {
    return false;
  }
  switch (next.cls) {
    case OpClass::kLoad:
      return !next.literal;
    case OpClass::kStore:
      return kStoreHidesLoadCycle;
    case OpClass::kNop:
      return kNopHidesLoadCycle;
    default:
      return false;
  }
}

unsigned MemoryCycles(const Meta& now, const Meta& next) {
  switch (now.cls) {
    case OpClass::kLoad:
      return now.words + (NextHidesLoadCycle(now, next) ? 0u : 1u);
    case OpClass::kStore: {
      if (now.fp_reads != 0) {
        return 1u + now.words;  // VSTR
      }
      const bool chain = ChainsOnOneBase(now, next) && !kSameBaseIndexedChains;
      const bool delays = kStoreDelaysLoad && next.cls == OpClass::kLoad;
      return 1u + (chain || delays ? 1u : 0u);
    }
    case OpClass::kStoreReg:
      return next.cls == OpClass::kNop ? 1 : 2;
    case OpClass::kLoadPc:
      return 2;
    default:  // kMultiple
      return 1u + now.words;
  }
}

unsigned FpCycles(const Meta& now, const Meta& next) {
  const unsigned stall = (next.fp_reads & now.fp_writes) != 0 ? 1 : 0;
  switch (now.cls) {
    case OpClass::kFpMac:
      return 3 + stall;
    case OpClass::kFpDiv:
    case OpClass::kFpSqrt:
      return 14 + stall;
    case OpClass::kFpMove:
      return kCoreFpMove * now.words;
    case OpClass::kFpStatus:
      return 1;
    default:
      return 1 + stall;
  }
}

unsigned Refill(OpClass cls) {
  switch (cls) {
    case OpClass::kBranch:
      return kRefillDirect;
    case OpClass::kBranchReg:
    case OpClass::kMultiple:
      return kRefillRegister;
    default:
      return kRefillLoad;
  }
}

unsigned BaseCycles(const Meta& now, const Meta& next) {
  switch (now.cls) {
    case OpClass::kDiv:
    case OpClass::kTableBranch:
      return 2;
    case OpClass::kLoad:
    case OpClass::kStore:
    case OpClass::kStoreReg:
    case OpClass::kMultiple:
    case OpClass::kLoadPc:
      return MemoryCycles(now, next);
    case OpClass::kFpAlu:
    case OpClass::kFpMac:
    case OpClass::kFpDiv:
    case OpClass::kFpSqrt:
    case OpClass::kFpMove:
    case OpClass::kFpStatus:
      return FpCycles(now, next);
    default:
      return 1;
  }
}

}  // namespace

Cost CostM4(const Meta& now, const Meta& next, uint32_t /*address*/) {
  Cost cost;
  unsigned cycles = BaseCycles(now, next);
  // No forwarding from the ALU to an address.
  if (IsDataProcessing(now) && IsMemory(next) &&
      (now.writes & next.addresses) != 0) {
    cycles += 1;
  }
  if (kItFolds && next.cls == OpClass::kIt && !now.wide) {
    cycles -= 1;
  }
  cost.cycles = static_cast<uint8_t>(std::min(cycles, 120u));
  cost.taken_cycles = static_cast<uint8_t>(Refill(now.cls));
  return cost;
}

}  // namespace tinyrig::emulator
