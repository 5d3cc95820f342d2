#include "engine/image/fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "boards/generate.h"
#include "engine/image/elf_sections.h"
#include "engine/image/image.h"

namespace tinyrig::engine::image {
namespace {

using testing::HasSubstr;
using testing::Not;

const boards::Board& F412() {
  return **boards::FindBoard("nucleo_f412zg");
}

TEST(Fit, WhatFitsIsOk) {
  EXPECT_TRUE(CheckFits(F412(), 1000, 1000).ok());
  EXPECT_TRUE(CheckFits(F412(), boards::StaticRamLimitBytes(F412().image),
                        F412().image.flash_bytes)
                  .ok());
}

TEST(Fit, SramAndFlashAreSaidApart) {
  const absl::Status sram = CheckFits(F412(), 300'000, 1000);
  EXPECT_EQ(sram.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(sram.message()),
              HasSubstr("SRAM: needs 300000 bytes, has 253696"));
  EXPECT_THAT(std::string(sram.message()), Not(HasSubstr("flash:")));
  const absl::Status flash = CheckFits(F412(), 1000, 2'000'000);
  EXPECT_THAT(std::string(flash.message()),
              HasSubstr("flash: needs 2000000 bytes, has 1048576"));
}

TEST(Fit, TheLinkersWordsBecomeBytes) {
  const absl::Status status = FitStatusFromLinker(
      F412(),
      "ld: image.elf section `.rodata' will not fit in region `FLASH'\n"
      "ld: region `FLASH' overflowed by 24 bytes\n"
      "ld: region `RAM' overflowed by 1000 bytes\n");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("needs 1048600 bytes"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("needs 254696 bytes"));
}

TEST(Fit, OtherLinkerErrorsAreNotAboutSize) {
  EXPECT_TRUE(FitStatusFromLinker(F412(), "undefined reference to x").ok());
}

TEST(ElfSections, BrokenFilesAreRefused) {
  EXPECT_EQ(ReadSections({}).status().code(), absl::StatusCode::kDataLoss);
  const std::vector<uint8_t> text(200, 'x');
  EXPECT_EQ(ReadSections(text).status().code(), absl::StatusCode::kDataLoss);
  std::vector<uint8_t> head = {0x7F, 'E', 'L', 'F', 1, 1};
  head.resize(52, 0xFF);  // section table far outside
  EXPECT_EQ(ReadSections(head).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace tinyrig::engine::image
