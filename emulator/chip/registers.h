// What register blocks share: sub-word accesses to 32-bit registers.
#pragma once

#include <cstdint>

#include "emulator/bus.h"

namespace tinyrig::emulator {

/// A block of 32-bit registers. Byte and halfword reads see their part of the
/// word; narrow writes reach WriteWord with a mask of the bytes written.
class RegisterDevice : public Device {
 public:
  bool Read(uint32_t offset_bytes, unsigned size_bytes, uint32_t* value) final {
    const unsigned shift = 8 * (offset_bytes & 3);
    *value = (ReadWord(offset_bytes & ~3u) >> shift) & Mask(size_bytes);
    return true;
  }
  bool Write(uint32_t offset_bytes, unsigned size_bytes, uint32_t value) final {
    const unsigned shift = 8 * (offset_bytes & 3);
    const uint32_t mask = Mask(size_bytes) << shift;
    WriteWord(offset_bytes & ~3u, (value << shift) & mask, mask);
    return true;
  }

 protected:
  virtual uint32_t ReadWord(uint32_t offset_bytes) = 0;
  /// Bits outside `mask` were not written (and are 0 in `value`).
  virtual void WriteWord(uint32_t offset_bytes, uint32_t value,
                         uint32_t mask) = 0;

  static void Merge(uint32_t* reg, uint32_t value, uint32_t mask) {
    *reg = (*reg & ~mask) | (value & mask);
  }

 private:
  static uint32_t Mask(unsigned size_bytes) {
    return size_bytes == 4 ? ~0u : (1u << (8 * size_bytes)) - 1;
  }
};

constexpr uint32_t Bit(unsigned number) {
  return 1u << number;
}

}  // namespace tinyrig::emulator
