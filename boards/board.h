// One board as data: boards/<id>.yaml, embedded in the programs at build time.
// The engine's budget, the linker script, the firmware's header, the agent's
// flash plan and the virtual board all come from this one file.
//
// Plain values: made once by ParseBoard, never changed, safe to read from any
// thread. Addresses are the chip's, sizes bytes, register values as the
// reference manual (RM0402 for F412, RM0385 for F746) writes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace tinyrig::boards {

enum class CoreType { kCortexM4F, kCortexM7Sp, kCortexM7Dp };
enum class Family { kStm32F4, kStm32F7, kStm32H7 };
enum class MemoryKind { kFlash, kFlashAlias, kRam, kRom };

/// One memory of the chip's map; regions never overlap.
struct MemoryRegion {
  std::string name;  ///< "flash", "sram1", "dtcm"; unique on the board
  MemoryKind kind = MemoryKind::kRam;
  uint32_t base = 0;
  uint32_t bytes = 0;
  std::string of;  ///< kFlashAlias: the memory it mirrors
};

/// A pin, "PD8" -> port 'D', number 8.
struct Pin {
  char port = 'A';
  int number = 0;
};

/// A USART at a pair of pins.
struct UsartPort {
  int usart = 1;  ///< as the manual numbers it, from 1
  Pin tx, rx;
};

/// Where a compiled firmware image and its RAM lie.
struct ImageLayout {
  uint32_t flash_base = 0, flash_bytes = 0;
  uint32_t ram_base = 0, ram_bytes = 0;
  uint32_t stack_bytes = 0;  ///< in the RAM range, a multiple of 1024
};

/// How flash is erased and programmed; times are the data sheet's typical.
struct FlashGeometry {
  uint32_t program_unit_bytes = 4;         ///< one program operation
  std::vector<uint32_t> sector_bytes;      ///< in address order
  std::vector<uint32_t> erase_ms_typical;  ///< one per sector
  uint32_t word_program_us_typical = 16;
};

/// The clock tree as the firmware sets it up after reset.
struct ClockSetup {
  uint32_t hse_hz = 0;      ///< external clock
  bool hse_bypass = false;  ///< a clock signal, not a crystal
  uint32_t pllcfgr = 0, cfgr = 0, flash_acr = 0, flash_wait_states = 0;
  bool overdrive = false;
  uint32_t apb1_hz = 0, apb2_hz = 0, hsi_hz = 0;
};

/// The serial port that the firmware speaks docs/WIRE.md on.
struct Console {
  UsartPort port;
  int alternate_function = 7;
  uint32_t baud = 921600;
};

/// The ROM bootloader on its USARTs: protocol AN3155, ports and RAM AN2606.
struct Bootloader {
  uint8_t protocol_version = 0x31;
  uint8_t bootloader_id = 0;
  uint32_t bootloader_id_address = 0;
  uint16_t product_id = 0;  ///< answer to Get ID
  std::vector<UsartPort> ports;
  bool shares_console = false;  ///< reached through the console's port
  uint32_t ram_used_bytes = 0;
  uint32_t write_alignment_bytes = 4;
  uint32_t baud = 57600;
};

/// How a chip and its debug probe are told from others.
struct Identity {
  uint32_t uid_address = 0, flash_size_address = 0;
  uint32_t dbgmcu_idcode_address = 0, dbgmcu_idcode = 0;
  uint16_t usb_vid = 0, usb_pid = 0;
};

struct Board {
  std::string id, name, chip;  ///< id: as the file is named
  Family family = Family::kStm32F4;
  CoreType core = CoreType::kCortexM4F;
  uint32_t cpuid = 0;     ///< SCB_CPUID
  uint32_t clock_hz = 0;  ///< HCLK, after ClockSetup
  uint32_t icache_bytes = 0, dcache_bytes = 0;
  int mpu_regions = 8, irq_count = 0;
  std::vector<MemoryRegion> memories;
  ImageLayout image;
  FlashGeometry flash;
  ClockSetup clock;
  Console console;
  Bootloader bootloader;
  Identity identity;
  uint32_t watchdog_ms = 0;  ///< IWDG time-out the firmware asks for
  Pin led_ready, led_busy, led_fault;
};

/// Parses one board file. INVALID_ARGUMENT names the key that is missing,
/// unknown or out of range.
absl::StatusOr<Board> ParseBoard(std::string_view yaml);

/// All boards that are built in, by id.
const std::vector<Board>& AllBoards();

/// NOT_FOUND lists the ids there are.
absl::StatusOr<const Board*> FindBoard(std::string_view id);

}  // namespace tinyrig::boards
