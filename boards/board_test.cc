#include "boards/board.h"

#include <filesystem>

#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/file.h"

namespace tinyrig::boards {
namespace {

using ::testing::HasSubstr;

std::string F746() {
  return *base::ReadTextFile(TINYRIG_SOURCE_DIR "/boards/nucleo_f746zg.yaml");
}

/// The F746's file with one place changed; the place must be there.
std::string With(const std::string& from, const std::string& to) {
  const std::string text = F746();
  const std::string changed = absl::StrReplaceAll(text, {{from, to}});
  EXPECT_NE(text, changed) << from;
  return changed;
}

void ExpectRefused(const std::string& yaml, const std::string& message) {
  const auto board = ParseBoard(yaml);
  ASSERT_FALSE(board.ok()) << message;
  EXPECT_EQ(board.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(board.status().message()), HasSubstr(message));
}

TEST(Boards, EveryFileOfTheFolderIsBuiltIn) {
  size_t files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(TINYRIG_SOURCE_DIR "/boards")) {
    if (entry.path().extension() != ".yaml") {
      continue;
    }
    ++files;
    const auto board = FindBoard(entry.path().stem().string());
    EXPECT_TRUE(board.ok()) << entry.path();
  }
  EXPECT_EQ(files, AllBoards().size());
  EXPECT_GE(files, 2u);
}

TEST(Boards, F746AsTheManualsHaveIt) {
  const Board& board = **FindBoard("nucleo_f746zg");
  EXPECT_EQ(board.core, CoreType::kCortexM7Sp);
  EXPECT_EQ(board.family, Family::kStm32F7);
  EXPECT_EQ(board.clock_hz, 216'000'000u);
  EXPECT_EQ(board.image.ram_bytes, 320u * 1024);
  EXPECT_EQ(board.flash.sector_bytes.size(), 8u);
  EXPECT_EQ(board.clock.flash_wait_states, 7u);
  EXPECT_TRUE(board.clock.overdrive);
  EXPECT_EQ(board.console.port.tx.port, 'D');
  EXPECT_EQ(board.console.port.tx.number, 8);
  EXPECT_EQ(board.bootloader.product_id, 0x449);
  EXPECT_EQ(board.led_fault.number, 14);
}

TEST(Boards, F412AsTheManualsHaveIt) {
  const Board& board = **FindBoard("nucleo_f412zg");
  EXPECT_EQ(board.core, CoreType::kCortexM4F);
  EXPECT_EQ(board.clock_hz, 100'000'000u);
  EXPECT_EQ(board.image.ram_bytes, 256u * 1024);
  EXPECT_EQ(board.flash.sector_bytes.size(), 12u);
  EXPECT_EQ(board.bootloader.product_id, 0x441);
}

/// The clock tree of the file, computed from its register values, is the
/// clock that the file promises.
TEST(Boards, RegisterValuesGiveThePromisedClocks) {
  for (const Board& board : AllBoards()) {
    const uint32_t pll = board.clock.pllcfgr;
    const uint32_t m = pll & 0x3F;
    const uint32_t n = (pll >> 6) & 0x1FF;
    const uint32_t p = ((pll >> 16) & 3) * 2 + 2;
    EXPECT_EQ(board.clock.hse_hz / m * n / p, board.clock_hz) << board.id;
    const auto divider = [&](unsigned shift) {
      const uint32_t code = (board.clock.cfgr >> shift) & 7;
      return code < 4 ? 1u : 2u << (code - 4);
    };
    EXPECT_EQ(board.clock_hz / divider(10), board.clock.apb1_hz) << board.id;
    EXPECT_EQ(board.clock_hz / divider(13), board.clock.apb2_hz) << board.id;
  }
}

/// One inference longer than CYCCNT's range must end in the watchdog.
TEST(Boards, WatchdogBitesBeforeTheCycleCounterWraps) {
  constexpr uint64_t kNominalLsiHz = 32'000;
  constexpr uint64_t kSlowestLsiHz = 17'000;
  for (const Board& board : AllBoards()) {
    const uint64_t longest_ms =
        board.watchdog_ms * kNominalLsiHz / kSlowestLsiHz;
    EXPECT_LT(longest_ms * board.clock_hz / 1000, 1ULL << 32) << board.id;
  }
}

TEST(Boards, FindListsWhatThereIs) {
  const auto board = FindBoard("nucleo_f999zz");
  ASSERT_FALSE(board.ok());
  EXPECT_EQ(board.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(board.status().message()),
              HasSubstr("nucleo_f412zg, nucleo_f746zg"));
}

TEST(ParseBoard, RefusesAnUnknownKeyByName) {
  ExpectRefused(F746() + "\ncolour: red\n", "key colour is unknown");
  ExpectRefused(With("  hse_bypass: true", "  hse_bypass: true\n  speed: 9"),
                "key clock.speed is unknown");
  ExpectRefused(With("{usart: 1, tx: PA9", "{usart: 1, dma: 2, tx: PA9"),
                "key bootloader.ports[0].dma is unknown");
}

TEST(ParseBoard, RefusesAMissingKeyByName) {
  ExpectRefused(With("chip: STM32F746ZG\n", ""), "key chip is missing");
  ExpectRefused(With("  baud: 921600", ""), "key console.baud is missing");
}

TEST(ParseBoard, RefusesAKeyThatIsThereTwice) {
  ExpectRefused(F746() + "\nchip: STM32F746ZG\n", "key chip is there twice");
}

TEST(ParseBoard, RefusesWhatIsOutOfRange) {
  ExpectRefused(With("clock_hz: 216000000", "clock_hz: 12"), "key clock_hz");
  ExpectRefused(With("clock_hz: 216000000", "clock_hz: -1"), "key clock_hz");
  ExpectRefused(With("clock_hz: 216000000", "clock_hz: 0xFFFFFFFFFF"),
                "key clock_hz");
  ExpectRefused(With("clock_hz: 216000000", "clock_hz: fast"), "key clock_hz");
  ExpectRefused(With("clock_hz: 216000000", "clock_hz: [1]"), "key clock_hz");
  ExpectRefused(With("family: stm32f7", "family: stm32x1"),
                "not one of stm32f4, stm32f7, stm32h7");
  ExpectRefused(With("tx: PD8", "tx: PZ8"), "key console.tx");
  ExpectRefused(With("tx: PD8", "tx: PD16"), "key console.tx");
  ExpectRefused(With("overdrive: true", "overdrive: maybe"),
                "key clock.overdrive");
  ExpectRefused(With("id: nucleo_f746zg", "id: ../../etc"), "key id");
}

TEST(ParseBoard, RefusesFiguresThatContradictEachOther) {
  ExpectRefused(With("[32768, 32768, 32768", "[32768, 32768, 1024"),
                "key flash.sectors");
  ExpectRefused(With("[250, 250,", "[250,"), "key flash.erase_ms_typical");
  ExpectRefused(With("ram_bytes: 327680", "ram_bytes: 327681"),
                "key image.ram_bytes");
  ExpectRefused(With("flash_acr: 0x307", "flash_acr: 0x306"),
                "key clock.flash_acr");
  ExpectRefused(With("of: flash}", "of: sram1}"), "alias of no flash");
  ExpectRefused(With("{name: sram1, kind: ram, base: 0x20010000",
                     "{name: sram1, kind: ram, base: 0x2000FFFF"),
                "overlap");
}

TEST(ParseBoard, RefusesWhatIsNoBoardFileAtAll) {
  ExpectRefused("", "not a mapping");
  ExpectRefused("- 1\n- 2\n", "not a mapping");
  ExpectRefused("a: [1, 2", "not YAML");
  ExpectRefused(std::string("\0\xff\xfe", 3), "board file");
}

TEST(ParseBoard, EveryTruncationIsRefusedWithoutHarm) {
  const std::string text = F746();
  for (size_t kept = 0; kept + 60 < text.size(); kept += 7) {
    EXPECT_FALSE(ParseBoard(text.substr(0, kept)).ok()) << kept;
  }
}

}  // namespace
}  // namespace tinyrig::boards
