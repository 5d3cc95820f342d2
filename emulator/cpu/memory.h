// The fast way to data: one table lookup by 4 KiB page. Devices, unaligned
// accesses, bit-band aliases, flash stores and stores to decoded code take the
// slow way in memory.cc.
#pragma once

#include <cstring>
#include <type_traits>

#include "emulator/cpu/cpu.h"

namespace tinyrig::emulator {

#define TINYRIG_LIKELY(x) __builtin_expect(!!(x), 1)

/// The fast way alone; false: take the slow one. T is uint8_t, int8_t,
/// uint16_t, int16_t or uint32_t; the value is extended to 32 bits as T says.
template <typename T>
[[gnu::always_inline]] inline bool LoadFast(const Cpu& cpu, uint32_t address,
                                            uint32_t* value) {
  const uint8_t* page = cpu.read_map[address >> kPageBits];
  if (TINYRIG_LIKELY(page != nullptr && (address & (sizeof(T) - 1)) == 0)) {
    T data;
    std::memcpy(&data, page + (address & (kPageBytes - 1)), sizeof(T));
    *value = static_cast<uint32_t>(static_cast<int32_t>(data));
    return true;
  }
  return false;
}

template <typename T>
[[gnu::always_inline]] inline bool StoreFast(const Cpu& cpu, uint32_t address,
                                             uint32_t value) {
  uint8_t* page = cpu.write_map[address >> kPageBits];
  if (TINYRIG_LIKELY(page != nullptr && (address & (sizeof(T) - 1)) == 0)) {
    const T data = static_cast<T>(value);
    std::memcpy(page + (address & (kPageBytes - 1)), &data, sizeof(T));
    return true;
  }
  return false;
}

/// Either way; false: a fault, for Cpu::FaultTaken().
template <typename T>
[[gnu::always_inline]] inline bool Load(Cpu& cpu, uint32_t address,
                                        uint32_t* value) {
  if (TINYRIG_LIKELY(LoadFast<T>(cpu, address, value))) {
    return true;
  }
  uint32_t raw = 0;
  const bool ok = cpu.LoadSlow(address, sizeof(T), &raw);
  *value = static_cast<uint32_t>(static_cast<int32_t>(static_cast<T>(raw)));
  return ok;
}

template <typename T>
[[gnu::always_inline]] inline bool Store(Cpu& cpu, uint32_t address,
                                         uint32_t value) {
  return TINYRIG_LIKELY(StoreFast<T>(cpu, address, value)) ||
         cpu.StoreSlow(address, sizeof(T), value);
}

/// Host bytes of an aligned run of words within one page of `map`, or null.
[[gnu::always_inline]] inline uint8_t* FastBlock(uint8_t* const* map,
                                                 uint32_t address,
                                                 uint32_t size_bytes) {
  uint8_t* page = map[address >> kPageBits];
  const uint32_t offset = address & (kPageBytes - 1);
  const bool fits = (address & 3) == 0 && offset + size_bytes <= kPageBytes;
  return page != nullptr && fits ? page + offset : nullptr;
}

}  // namespace tinyrig::emulator
