#include "boards/board.h"

#include <limits>
#include <numeric>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "base/check.h"
#include "boards/embedded_boards.h"
#include "boards/yaml_section.h"

namespace tinyrig::boards {
namespace {

constexpr uint32_t kAny = std::numeric_limits<uint32_t>::max();
constexpr uint32_t kMostMemoryBytes = 64u << 20;
constexpr uint32_t kFastestHz = 1'000'000'000;
constexpr size_t kMostSectors = 1024;
// board_id of a hello is 24 bytes with its NUL.
constexpr size_t kLongestId = 23;

MemoryRegion ReadMemory(YamlSection section) {
  MemoryRegion memory;
  memory.name = section.Word("name", 32);
  memory.kind = section.Choice<MemoryKind>(
      "kind", {{"flash", MemoryKind::kFlash},
               {"flash_alias", MemoryKind::kFlashAlias},
               {"ram", MemoryKind::kRam},
               {"rom", MemoryKind::kRom}});
  memory.base = section.Number("base", 0, kAny);
  memory.bytes = section.Number("bytes", 1, kMostMemoryBytes);
  if (memory.kind == MemoryKind::kFlashAlias) {
    memory.of = section.Word("of", 32);
  }
  section.RefuseOthers();
  return memory;
}

UsartPort ReadPort(YamlSection* section) {
  UsartPort port;
  port.usart = static_cast<int>(section->Number("usart", 1, 8));
  port.tx = section->PinAt("tx");
  port.rx = section->PinAt("rx");
  return port;
}

ImageLayout ReadImage(YamlSection section) {
  ImageLayout image;
  image.flash_base = section.Number("flash_base", 0, kAny);
  image.flash_bytes = section.Number("flash_bytes", 1, kMostMemoryBytes);
  image.ram_base = section.Number("ram_base", 0, kAny);
  image.ram_bytes = section.Number("ram_bytes", 1, kMostMemoryBytes);
  image.stack_bytes = section.Number("stack_bytes", 1024, 1u << 20);
  if (image.stack_bytes % 1024 != 0) {
    section.Fail("stack_bytes", "is no multiple of 1024");
  }
  section.RefuseOthers();
  return image;
}

FlashGeometry ReadFlash(YamlSection section, uint32_t flash_bytes) {
  FlashGeometry flash;
  flash.program_unit_bytes = section.Number("program_unit_bytes", 1, 64);
  flash.sector_bytes = section.Numbers("sectors", 1024, kMostMemoryBytes);
  flash.erase_ms_typical = section.Numbers("erase_ms_typical", 1, 60'000);
  flash.word_program_us_typical =
      section.Number("word_program_us_typical", 1, 10'000);
  const uint64_t sum = std::accumulate(flash.sector_bytes.begin(),
                                       flash.sector_bytes.end(), uint64_t{0});
  if (flash.sector_bytes.size() > kMostSectors || sum != flash_bytes) {
    section.Fail("sectors", absl::StrFormat("are %u bytes, the flash is %u",
                                            sum, flash_bytes));
  }
  if (flash.erase_ms_typical.size() != flash.sector_bytes.size()) {
    section.Fail("erase_ms_typical",
                 absl::StrFormat("has %u entries for %u sectors",
                                 flash.erase_ms_typical.size(),
                                 flash.sector_bytes.size()));
  }
  section.RefuseOthers();
  return flash;
}

ClockSetup ReadClock(YamlSection section) {
  ClockSetup clock;
  clock.hse_hz = section.Number("hse_hz", 1'000'000, 50'000'000);
  clock.hse_bypass = section.Flag("hse_bypass");
  clock.pllcfgr = section.Number("pllcfgr", 0, kAny);
  clock.cfgr = section.Number("cfgr", 0, kAny);
  clock.flash_acr = section.Number("flash_acr", 0, kAny);
  clock.flash_wait_states = section.Number("flash_wait_states", 0, 15);
  clock.overdrive = section.Flag("overdrive");
  clock.apb1_hz = section.Number("apb1_hz", 1, kFastestHz);
  clock.apb2_hz = section.Number("apb2_hz", 1, kFastestHz);
  clock.hsi_hz = section.Number("hsi_hz", 1, 100'000'000);
  if ((clock.flash_acr & 0xF) != clock.flash_wait_states) {
    section.Fail("flash_acr", "has other wait states than flash_wait_states");
  }
  section.RefuseOthers();
  return clock;
}

Console ReadConsole(YamlSection section) {
  Console console;
  console.port = ReadPort(&section);
  console.alternate_function =
      static_cast<int>(section.Number("alternate_function", 0, 15));
  console.baud = section.Number("baud", 1200, 4'000'000);
  section.RefuseOthers();
  return console;
}

Bootloader ReadBootloader(YamlSection section) {
  Bootloader loader;
  loader.protocol_version =
      static_cast<uint8_t>(section.Number("protocol_version", 0x10, 0xFF));
  loader.bootloader_id =
      static_cast<uint8_t>(section.Number("bootloader_id", 0, 0xFF));
  loader.bootloader_id_address =
      section.Number("bootloader_id_address", 0, kAny);
  loader.product_id =
      static_cast<uint16_t>(section.Number("product_id", 1, 0xFFF));
  for (YamlSection& entry : section.Children("ports")) {
    loader.ports.push_back(ReadPort(&entry));
    entry.RefuseOthers();
  }
  loader.shares_console = section.Flag("shares_console");
  loader.ram_used_bytes = section.Number("ram_used_bytes", 0, 1u << 20);
  loader.write_alignment_bytes = section.Number("write_alignment_bytes", 1, 64);
  loader.baud = section.Number("baud", 1200, 4'000'000);
  if (loader.ports.empty()) {
    section.Fail("ports", "is empty");
  }
  section.RefuseOthers();
  return loader;
}

Identity ReadIdentity(YamlSection section) {
  Identity identity;
  identity.uid_address = section.Number("uid_address", 0, kAny);
  identity.flash_size_address = section.Number("flash_size_address", 0, kAny);
  identity.dbgmcu_idcode_address =
      section.Number("dbgmcu_idcode_address", 0, kAny);
  identity.dbgmcu_idcode = section.Number("dbgmcu_idcode", 0, kAny);
  identity.usb_vid = static_cast<uint16_t>(section.Number("usb_vid", 0, 65535));
  identity.usb_pid = static_cast<uint16_t>(section.Number("usb_pid", 0, 65535));
  section.RefuseOthers();
  return identity;
}

/// True when memories of `kind` cover [base, base + bytes) without a gap.
bool Covered(const std::vector<MemoryRegion>& memories, MemoryKind kind,
             uint32_t base, uint32_t bytes) {
  uint64_t at = base;
  const uint64_t end = at + bytes;
  bool moved = true;
  while (at < end && moved) {
    moved = false;
    for (const MemoryRegion& memory : memories) {
      const uint64_t memory_end = uint64_t{memory.base} + memory.bytes;
      if (memory.kind == kind && memory.base <= at && at < memory_end) {
        at = memory_end;
        moved = true;
      }
    }
  }
  return at >= end;
}

void CheckMemories(YamlSection* file, const Board& board) {
  for (const MemoryRegion& memory : board.memories) {
    if (uint64_t{memory.base} + memory.bytes > uint64_t{kAny} + 1) {
      file->Fail("memories", memory.name + " ends beyond 4 GiB");
    }
    for (const MemoryRegion& other : board.memories) {
      const bool apart = &other == &memory ||
                         uint64_t{memory.base} + memory.bytes <= other.base ||
                         uint64_t{other.base} + other.bytes <= memory.base;
      if (!apart) {
        file->Fail("memories", memory.name + " and " + other.name + " overlap");
      }
    }
    bool target = memory.kind != MemoryKind::kFlashAlias;
    for (const MemoryRegion& other : board.memories) {
      target = target ||
               (other.kind == MemoryKind::kFlash && other.name == memory.of);
    }
    if (!target) {
      file->Fail("memories", memory.name + " is an alias of no flash");
    }
  }
  const ImageLayout& image = board.image;
  if (!Covered(board.memories, MemoryKind::kFlash, image.flash_base,
               image.flash_bytes)) {
    file->Fail("image.flash_bytes", "lies outside of the flash");
  }
  if (!Covered(board.memories, MemoryKind::kRam, image.ram_base,
               image.ram_bytes)) {
    file->Fail("image.ram_bytes", "lies outside of the RAM");
  }
  if (image.stack_bytes >= image.ram_bytes) {
    file->Fail("image.stack_bytes", "leaves no RAM");
  }
}

Board ReadBoard(YamlSection* file) {
  Board board;
  board.id = file->Word("id", kLongestId);
  board.name = file->Word("name", 64);
  board.chip = file->Word("chip", 32);
  board.family =
      file->Choice<Family>("family", {{"stm32f4", Family::kStm32F4},
                                      {"stm32f7", Family::kStm32F7},
                                      {"stm32h7", Family::kStm32H7}});
  board.core =
      file->Choice<CoreType>("core", {{"cortex-m4f", CoreType::kCortexM4F},
                                      {"cortex-m7-sp", CoreType::kCortexM7Sp},
                                      {"cortex-m7-dp", CoreType::kCortexM7Dp}});
  board.cpuid = file->Number("cpuid", 0, kAny);
  board.clock_hz = file->Number("clock_hz", 1'000'000, kFastestHz);
  board.icache_bytes = file->Number("icache_bytes", 0, 65536);
  board.dcache_bytes = file->Number("dcache_bytes", 0, 65536);
  board.mpu_regions = static_cast<int>(file->Number("mpu_regions", 0, 16));
  board.irq_count = static_cast<int>(file->Number("irq_count", 1, 240));
  for (YamlSection& entry : file->Children("memories")) {
    board.memories.push_back(ReadMemory(entry));
  }
  board.image = ReadImage(file->Child("image"));
  board.flash = ReadFlash(file->Child("flash"), board.image.flash_bytes);
  board.clock = ReadClock(file->Child("clock"));
  board.console = ReadConsole(file->Child("console"));
  board.bootloader = ReadBootloader(file->Child("bootloader"));
  board.identity = ReadIdentity(file->Child("identity"));
  // 12 bits of prescaler 256 at the slowest LSI (17 kHz) and CYCCNT's wrap.
  board.watchdog_ms = file->Number("watchdog_ms", 100, 32'000);
  YamlSection leds = file->Child("leds");
  board.led_ready = leds.PinAt("ready");
  board.led_busy = leds.PinAt("busy");
  board.led_fault = leds.PinAt("fault");
  leds.RefuseOthers();
  file->RefuseOthers();
  CheckMemories(file, board);
  return board;
}

}  // namespace

absl::StatusOr<Board> ParseBoard(std::string_view yaml) {
  // yaml-cpp reports by exception; it stops here.
  try {
    absl::Status error;
    YamlSection file(YAML::Load(std::string(yaml)), "", &error);
    Board board = ReadBoard(&file);
    if (!error.ok()) {
      return error;
    }
    return board;
  } catch (const YAML::Exception& exception) {
    return absl::InvalidArgumentError(
        absl::StrCat("board file: not YAML: ", exception.what()));
  }
}

const std::vector<Board>& AllBoards() {
  static const auto* const boards = [] {
    auto* all = new std::vector<Board>;
    for (const EmbeddedBoard& file : EmbeddedBoards()) {
      auto board = ParseBoard(file.yaml);
      TINYRIG_CHECK(board.ok());  // boards_test parses every file of the folder
      TINYRIG_CHECK(board->id == file.id);
      all->push_back(*std::move(board));
    }
    return all;
  }();
  return *boards;
}

absl::StatusOr<const Board*> FindBoard(std::string_view id) {
  std::vector<std::string> ids;
  for (const Board& board : AllBoards()) {
    if (board.id == id) {
      return &board;
    }
    ids.push_back(board.id);
  }
  return absl::NotFoundError(absl::StrCat("no board '", std::string(id),
                                          "'; there are ",
                                          absl::StrJoin(ids, ", ")));
}

}  // namespace tinyrig::boards
