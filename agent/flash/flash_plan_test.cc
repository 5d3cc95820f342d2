#include "agent/flash/flash_plan.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tinyrig::agent {
namespace {

using ::testing::ElementsAre;

const boards::Board& F746() {
  return **boards::FindBoard("nucleo_f746zg");
}
const boards::Board& F412() {
  return **boards::FindBoard("nucleo_f412zg");
}
constexpr uint32_t kBase = 0x08000000;

std::vector<uint8_t> Image(size_t size) {
  return std::vector<uint8_t>(size, 0x5A);
}

TEST(FlashPlan, ErasesOnlyTheSectorsThatTheImageTouches) {
  EXPECT_THAT(PlanFlash(Image(1), kBase, F746())->sectors, ElementsAre(0));
  EXPECT_THAT(PlanFlash(Image(32768), kBase, F746())->sectors, ElementsAre(0));
  EXPECT_THAT(PlanFlash(Image(32769), kBase, F746())->sectors,
              ElementsAre(0, 1));
  EXPECT_THAT(PlanFlash(Image(100'000), kBase, F412())->sectors,
              ElementsAre(0, 1, 2, 3, 4));
}

TEST(FlashPlan, PadsTheLastBlockToThirtyTwoBytes) {
  const auto plan = PlanFlash(Image(256 + 33), kBase, F746());
  ASSERT_EQ(plan->blocks.size(), 2U);
  EXPECT_EQ(plan->blocks[1].address, kBase + 256);
  ASSERT_EQ(plan->blocks[1].bytes.size(), 64U);
  EXPECT_EQ(plan->blocks[1].bytes[32], 0x5A);
  EXPECT_EQ(plan->blocks[1].bytes[33], 0xFF);
  EXPECT_EQ(plan->write_bytes, 256 + 64);
}

TEST(FlashPlan, LeavesOutBlocksThatErasedFlashHoldsAlready) {
  auto image = Image(1024);
  std::fill(image.begin() + 256, image.begin() + 768, 0xFF);
  const auto plan = PlanFlash(image, kBase, F746());
  ASSERT_EQ(plan->blocks.size(), 2U);
  EXPECT_EQ(plan->blocks[0].address, kBase);
  EXPECT_EQ(plan->blocks[1].address, kBase + 768);
}

TEST(FlashPlan, CoversEveryByteOfTheImageOnce) {
  std::vector<uint8_t> image(200'001);
  for (size_t i = 0; i < image.size(); ++i) {
    image[i] = static_cast<uint8_t>(i * 7 + i / 251);
  }
  const auto plan = PlanFlash(image, kBase, F412());
  ASSERT_TRUE(plan.ok());
  std::vector<uint8_t> flash(1 << 20, 0xFF);
  for (const auto& block : plan->blocks) {
    EXPECT_LE(block.bytes.size(), 256U);
    EXPECT_EQ(block.bytes.size() % 32, 0U);
    EXPECT_EQ(block.address % 32, 0U);
    std::copy(block.bytes.begin(), block.bytes.end(),
              flash.begin() + (block.address - kBase));
  }
  EXPECT_TRUE(std::equal(image.begin(), image.end(), flash.begin()));
}

TEST(FlashPlan, WholeFlashFitsAndOneByteMoreDoesNot) {
  EXPECT_TRUE(PlanFlash(Image(1 << 20), kBase, F746()).ok());
  const auto plan = PlanFlash(Image((1 << 20) + 1), kBase, F746());
  ASSERT_TRUE(absl::IsFailedPrecondition(plan.status()));
  EXPECT_NE(plan.status().message().find("1048577"), std::string::npos);
  EXPECT_NE(plan.status().message().find("1048576"), std::string::npos);
}

TEST(FlashPlan, RefusesAnEmptyImageAndABaseInsideASector) {
  EXPECT_TRUE(absl::IsInvalidArgument(PlanFlash({}, kBase, F746()).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      PlanFlash(Image(8), kBase + 256, F746()).status()));
}

}  // namespace
}  // namespace tinyrig::agent
