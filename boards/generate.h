// What the firmware's build needs of a board: its constants as a C++ header
// and its memory map as a linker script. docs/ABI.md names the sections and
// symbols.
#pragma once

#include <string>

#include "boards/board.h"

namespace tinyrig::boards {

/// Bytes between the stack and what lies below it; an MPU region without
/// access, so that an overflow faults.
constexpr uint32_t kStackGuardBytes = 256;

/// RAM for .data, .bss, .noinit, the handler stack and the arena.
constexpr uint32_t StaticRamLimitBytes(const ImageLayout& image) {
  return image.ram_bytes - image.stack_bytes - kStackGuardBytes;
}

/// "tinyrig_board.h": constexpr constants in namespace tinyrig::board.
std::string FirmwareHeader(const Board& board);

/// GNU ld script. Too much for the flash or the RAM is ld's "region `FLASH'
/// (`RAM') overflowed by N bytes".
std::string LinkerScript(const Board& board);

/// One compiler and linker flag per line, for `arm-none-eabi-g++ @flags.txt`.
std::string CompilerFlags(const Board& board);

}  // namespace tinyrig::boards
