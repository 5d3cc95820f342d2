// The flasher against a loader in this process: happy, noisy, reset, wrong.
#include "agent/flash/flasher.h"

#include <set>

#include "gtest/gtest.h"

#include "agent/testing/fake_board.h"

namespace tinyrig::agent {
namespace {

using testing::FakeBoard;
using testing::FakeBoardOptions;

constexpr uint32_t kBase = 0x08000000;
// Short, so that lost bytes do not make the tests long.
constexpr LoaderTimeouts kQuick{50, 50, 50, 50};

class FlasherTest : public ::testing::Test {
 protected:
  void Make(FakeBoardOptions options, size_t image_bytes = 5000) {
    kind_ = *boards::FindBoard("nucleo_f746zg");
    board_ = std::make_unique<FakeBoard>(kind_, options);
    port_ = board_->TakeLoader();
    console_ = board_->TakeConsole();
    lines_ = board_->MakeLines();
    flasher_ =
        std::make_unique<Flasher>(port_.get(), lines_.get(), kind_, kQuick);
    image_.resize(image_bytes);
    for (size_t i = 0; i < image_.size(); ++i) {
      image_[i] = static_cast<uint8_t>(i * 31 + (i >> 8));
    }
    plan_ = *PlanFlash(image_, kBase, *kind_);
  }
  absl::Status Flash() {
    return flasher_->Flash(
        plan_,
        [this](const std::string& step, int64_t done, int64_t total) {
          EXPECT_LE(done, total);
          steps_.insert(step);
        },
        &report_);
  }
  const boards::Board* kind_ = nullptr;
  std::unique_ptr<FakeBoard> board_;
  std::unique_ptr<SerialPort> port_, console_;
  std::unique_ptr<BoardLines> lines_;
  std::unique_ptr<Flasher> flasher_;
  std::vector<uint8_t> image_;
  FlashPlan plan_;
  FlashReport report_;
  std::set<std::string> steps_;
};

TEST_F(FlasherTest, WritesTheImageAndStartsIt) {
  Make({}, 40'000);
  ASSERT_TRUE(Flash().ok());
  EXPECT_EQ(board_->Flash(kBase, image_.size()), image_);
  EXPECT_EQ(board_->erased_sectors(), 2);
  EXPECT_EQ(report_.erased_sectors, 2);
  EXPECT_EQ(report_.retries, 0);
  EXPECT_EQ(steps_, (std::set<std::string>{"erase", "verify", "write"}));
}

TEST_F(FlasherTest, NoiseOnlyCostsTime) {
  FakeBoardOptions options;
  options.noise = 1e-3;
  options.seed = 7;
  Make(options, 20'000);
  ASSERT_TRUE(Flash().ok());
  EXPECT_EQ(board_->Flash(kBase, image_.size()), image_);
  EXPECT_GT(report_.retries, 0);
}

TEST_F(FlasherTest, GoesOnAfterAResetInTheMiddle) {
  FakeBoardOptions options;
  options.reset_at_write = 9;
  Make(options);
  ASSERT_TRUE(Flash().ok());
  EXPECT_EQ(board_->Flash(kBase, image_.size()), image_);
  EXPECT_EQ(board_->erased_sectors(), 1) << "must not start all over";
}

TEST_F(FlasherTest, ErasesAgainWhatReadsBackWrong) {
  FakeBoardOptions options;
  options.bad_write_at = 3;
  Make(options);
  ASSERT_TRUE(Flash().ok());
  EXPECT_EQ(board_->Flash(kBase, image_.size()), image_);
  EXPECT_EQ(board_->erased_sectors(), 2);
}

TEST_F(FlasherTest, SaysWhenNoLoaderAnswers) {
  FakeBoardOptions options;
  options.loader_dead = true;
  Make(options);
  const auto flashed = Flash();
  EXPECT_TRUE(absl::IsDeadlineExceeded(flashed)) << flashed;
  EXPECT_EQ(board_->erased_sectors(), 0);
}

TEST_F(FlasherTest, RefusesAnotherChip) {
  Make({});
  const boards::Board* other = *boards::FindBoard("nucleo_f412zg");
  Flasher flasher(port_.get(), lines_.get(), other, kQuick);
  const auto flashed = flasher.Flash(
      plan_, [](const std::string&, int64_t, int64_t) {}, &report_);
  ASSERT_TRUE(absl::IsFailedPrecondition(flashed)) << flashed;
  EXPECT_NE(flashed.message().find("0x449"), std::string::npos);
  EXPECT_EQ(board_->erased_sectors(), 0);
}

TEST_F(FlasherTest, ManualLinesSayWhatToDoByHand) {
  Make({});
  const auto manual = MakeManualLines();
  Flasher flasher(port_.get(), manual.get(), kind_, kQuick);
  const auto flashed = flasher.Flash(
      plan_, [](const std::string&, int64_t, int64_t) {}, &report_);
  EXPECT_TRUE(absl::IsFailedPrecondition(flashed)) << flashed;
}

TEST_F(FlasherTest, InterruptStopsIt) {
  Make({});
  port_->Interrupt();
  EXPECT_TRUE(absl::IsCancelled(Flash()));
}

}  // namespace
}  // namespace tinyrig::agent
