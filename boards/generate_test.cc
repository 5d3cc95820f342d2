#include "boards/generate.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tinyrig::boards {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(FirmwareHeader, CarriesTheBoardsRegisterValues) {
  const std::string header = FirmwareHeader(**FindBoard("nucleo_f412zg"));
  EXPECT_THAT(header, HasSubstr("kPllcfgr = 0x28401904u"));
  EXPECT_THAT(header, HasSubstr("kFlashAcr = 0x00000703u"));
  EXPECT_THAT(header, HasSubstr("kConsoleTx{3, 8}"));
  EXPECT_THAT(header, HasSubstr("kOverdrive = false"));
}

TEST(LinkerScript, SplitsTheRamWithoutALostByte) {
  for (const Board& board : AllBoards()) {
    EXPECT_EQ(StaticRamLimitBytes(board.image) + kStackGuardBytes +
                  board.image.stack_bytes,
              board.image.ram_bytes);
    // The guard is an MPU region: aligned to its size.
    EXPECT_EQ((board.image.ram_base + StaticRamLimitBytes(board.image)) %
                  kStackGuardBytes,
              0u);
    const std::string script = LinkerScript(board);
    EXPECT_THAT(script, Not(HasSubstr("@")));
    EXPECT_THAT(script, HasSubstr("ORIGIN(FLASH) + 0x00000400"));
  }
}

TEST(CompilerFlags, NameTheCore) {
  EXPECT_THAT(CompilerFlags(**FindBoard("nucleo_f412zg")),
              HasSubstr("-mcpu=cortex-m4\n-mfpu=fpv4-sp-d16\n"));
  EXPECT_THAT(CompilerFlags(**FindBoard("nucleo_f746zg")),
              HasSubstr("-mcpu=cortex-m7\n-mfpu=fpv5-sp-d16\n"));
}

}  // namespace
}  // namespace tinyrig::boards
