// From instruction bits to an Op: pure, no state but the core's kind.
// Split by encoding space: decode16.cc, decode32.cc (dispatch, branches,
// system), decode_data.cc, decode_memory.cc, decode_multiply.cc, decode_fp.cc.
#pragma once

#include <cstdint>

#include "emulator/core.h"
#include "emulator/cpu/op.h"

namespace tinyrig::emulator {

struct Decoded {
  Op op{};
  Meta meta{};
};

struct DecodeInput {
  uint32_t pc = 0;
  uint32_t hw1 = 0;
  uint32_t hw2 = 0;  ///< second halfword of a 32-bit encoding
  uint8_t it = 0;    ///< ITSTATE, 0 outside IT blocks
  CoreKind kind = CoreKind::kCortexM4F;
  [[nodiscard]] uint32_t bits() const { return hw1 << 16 | hw2; }
  [[nodiscard]] bool in_it() const { return it != 0; }
};

constexpr bool IsWide(uint32_t hw1) {
  return (hw1 >> 11) >= 0x1D;
}

/// Never fails: what is no instruction decodes to the Op that faults.
Decoded Decode(const DecodeInput& in);

// The parts; each fills `d` or leaves d->op.fn null for "undefined".
void Decode16(const DecodeInput& in, Decoded* d);
void Decode32(const DecodeInput& in, Decoded* d);
void DecodeDataImmediate(const DecodeInput& in, Decoded* d);
void DecodeDataPlain(const DecodeInput& in, Decoded* d);
void DecodeDataShifted(const DecodeInput& in, Decoded* d);
void DecodeDataRegister(const DecodeInput& in, Decoded* d);
void DecodeMultiply(const DecodeInput& in, Decoded* d);
void DecodeLongMultiply(const DecodeInput& in, Decoded* d);
void DecodeLoadStoreMultiple(const DecodeInput& in, Decoded* d);
void DecodeLoadStoreDual(const DecodeInput& in, Decoded* d);
void DecodeLoadStoreSingle(const DecodeInput& in, Decoded* d);
void DecodeCoprocessor(const DecodeInput& in, Decoded* d);

inline uint32_t Field(uint32_t bits, unsigned low, unsigned width) {
  return (bits >> low) & ((1u << width) - 1);
}
inline uint8_t Reg(uint32_t bits, unsigned low) {
  return static_cast<uint8_t>((bits >> low) & 15);
}
inline uint16_t Mask(unsigned reg) {
  return static_cast<uint16_t>(1u << reg);
}
inline int32_t SignExtend(uint32_t value, unsigned width) {
  const unsigned shift = 32 - width;
  return static_cast<int32_t>(value << shift) >> shift;
}

}  // namespace tinyrig::emulator
