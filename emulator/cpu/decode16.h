// Shared by the decoders of 16-bit encodings.
#pragma once

#include "emulator/cpu/decode.h"

namespace tinyrig::emulator {

struct Registers3 {
  uint8_t rd = 0, rn = 0, rm = 0;
};

/// Registers into the Op, and what is written and read into the Meta.
void SetRegisters(Decoded* d, Registers3 r, bool writes, bool uses_rn,
                  bool uses_rm);
/// LDM, STM, PUSH, POP; mode is Op::ra of exec.h's LoadMultiple.
void SetMultiple(Decoded* d, uint8_t rn, uint32_t list, bool load,
                 uint8_t mode);
/// Encodings 1011xxxx: stack, extension, hints, IT, CBZ, BKPT.
void DecodeMiscellaneous16(const DecodeInput& in, Decoded* d);

inline uint8_t LowReg(uint32_t hw, unsigned at) {
  return static_cast<uint8_t>(hw >> at & 7);
}

}  // namespace tinyrig::emulator
