// Decoded code of one 4 KiB page of the guest's address space. Made on first
// execution and kept for the core's life, so that pointers into it (branch
// links, Cpu::op) never dangle; code_cache.cc fills and forgets its slots.
#pragma once

#include <array>
#include <cstdint>

#include "emulator/cpu/op.h"

namespace tinyrig::emulator {

constexpr unsigned kPageBits = 12;
constexpr uint32_t kPageBytes = 1u << kPageBits;
constexpr uint32_t kSlotsPerPage = kPageBytes / 2;

struct CodePage {
  uint32_t base = 0;           ///< guest address, a multiple of kPageBytes
  uint64_t decoded_lines = 0;  ///< one bit per 64 bytes that hold decoded code
  /// One slot per halfword, and two more that catch running off the end.
  std::array<Op, kSlotsPerPage + 2> ops;
};

}  // namespace tinyrig::emulator
