// The session against a device in this process that speaks real frames.
#include "agent/device/device_session.h"

#include "gtest/gtest.h"

#include "agent/testing/fake_board.h"

namespace tinyrig::agent {
namespace {

using testing::FakeBoard;
using testing::FakeBoardOptions;

class DeviceSessionTest : public ::testing::Test {
 protected:
  void Make(FakeBoardOptions options) {
    options_ = options;
    board_ = std::make_unique<FakeBoard>(*boards::FindBoard("nucleo_f412zg"),
                                         options);
    port_ = board_->TakeConsole();
    loader_ = board_->TakeLoader();
    session_ = std::make_unique<DeviceSession>(port_.get(),
                                               &base::SystemClock(), 921600);
    const auto booted = session_->channel().AwaitBoot(1000);
    ASSERT_TRUE(booted.ok());
  }
  std::vector<uint8_t> Input(int seed) {
    std::vector<uint8_t> input(options_.input_bytes);
    for (size_t i = 0; i < input.size(); ++i) {
      input[i] = static_cast<uint8_t>(i * 13 + static_cast<size_t>(seed) * 7);
    }
    return input;
  }
  absl::StatusOr<std::vector<uint8_t>> RunOnce(
      const std::vector<uint8_t>& input) {
    RETURN_IF_ERROR(session_->SetInput(input));
    ASSIGN_OR_RETURN(const auto run, session_->Run(0, 1, false, 0, 2000));
    return session_->GetOutput(options_.output_bytes, run.output_crc32);
  }
  FakeBoardOptions options_;
  std::unique_ptr<FakeBoard> board_;
  std::unique_ptr<SerialPort> port_, loader_;
  std::unique_ptr<DeviceSession> session_;
};

TEST_F(DeviceSessionTest, CarriesEveryCommand) {
  Make({.input_bytes = 5000, .output_bytes = 3000, .layer_count = 200});
  const auto hello = session_->Hello();
  ASSERT_TRUE(hello.ok()) << hello.status();
  EXPECT_EQ(hello->board_id, "nucleo_f412zg");
  EXPECT_EQ(hello->uid, "46414b453132333435363738");
  EXPECT_TRUE(hello->input_preserved());
  const auto input = Input(1);
  EXPECT_EQ(*RunOnce(input), FakeBoard::OutputOf(input, 3000));
  const auto many = session_->Run(2, 40, false, 0, 2000);
  ASSERT_TRUE(many.ok());
  const auto samples = session_->GetSamples(40);
  ASSERT_TRUE(samples.ok());
  EXPECT_EQ(samples->at(39).cycles, 1039U);
  const auto layers = session_->GetLayers(200);
  ASSERT_TRUE(layers.ok());
  EXPECT_EQ(layers->size(), 200U);
  EXPECT_EQ(layers->at(199), 1990U);
  EXPECT_EQ(session_->GetMemory()->stack_peak_bytes, 512U);
  EXPECT_EQ(session_->GetFault(true)->kind, 0);
}

TEST_F(DeviceSessionTest, NoiseOnlyCostsTime) {
  Make({.noise = 3e-4, .seed = 5});
  for (int i = 0; i < 40; ++i) {
    const auto input = Input(i);
    const auto output = RunOnce(input);
    ASSERT_TRUE(output.ok()) << output.status();
    ASSERT_EQ(*output, FakeBoard::OutputOf(input, options_.output_bytes));
  }
  EXPECT_GT(session_->channel().line_retry_count(), 0);
  EXPECT_EQ(board_->runs(), 40) << "a repeated request must not run again";
}

TEST_F(DeviceSessionTest, AFaultEndsTheRunAndIsKept) {
  Make({.fault_at_run = 2});
  const auto input = Input(0);
  ASSERT_TRUE(RunOnce(input).ok());
  EXPECT_TRUE(absl::IsAborted(RunOnce(input).status()));
  ASSERT_TRUE(session_->channel().fault().has_value());
  const std::string text = FaultText(*session_->channel().fault(), "CONV_2D");
  EXPECT_NE(text.find("bus fault in layer 1 (CONV_2D)"), std::string::npos)
      << text;
  EXPECT_NE(text.find("PRECISERR"), std::string::npos);
  EXPECT_NE(text.find("address 0x60000000"), std::string::npos);
  EXPECT_NE(text.find("pc 0x08001234"), std::string::npos);
  ASSERT_TRUE(session_->channel().AwaitBoot(1000).ok());
  ASSERT_TRUE(session_->Restart().ok());
  EXPECT_EQ(session_->Hello()->raw.fault_pending, 1);
  EXPECT_EQ(session_->GetFault(true)->kind, 3);
  EXPECT_EQ(session_->Hello()->raw.fault_pending, 0);
  EXPECT_TRUE(RunOnce(input).ok());
}

TEST_F(DeviceSessionTest, AResetThatNobodySawIsNoticedByTheLostInput) {
  Make({.silent_reset_at_run = 1});
  EXPECT_TRUE(absl::IsAborted(RunOnce(Input(0)).status()));
  EXPECT_TRUE(RunOnce(Input(0)).ok());
}

TEST_F(DeviceSessionTest, AHangEndsAtTheDeadline) {
  Make({.hang_at_run = 1});
  ASSERT_TRUE(session_->SetInput(Input(0)).ok());
  const auto run = session_->Run(0, 1, false, 0, 400);
  EXPECT_TRUE(absl::IsDeadlineExceeded(run.status())) << run.status();
}

TEST_F(DeviceSessionTest, AModelThatEatsItsInputNeedsItEachTime) {
  Make({.input_preserved = false});
  ASSERT_TRUE(RunOnce(Input(0)).ok());
  EXPECT_TRUE(absl::IsAborted(session_->Run(0, 1, false, 0, 500).status()));
  EXPECT_TRUE(RunOnce(Input(3)).ok());
}

TEST(FaultText, NamesCausesAndRegisters) {
  wire::FaultRecord fault{};
  fault.kind = 4;
  fault.layer = 0xFFFF;
  fault.cfsr = 1U << 25;
  fault.hfsr = 1U << 30;
  const std::string text = FaultText(fault);
  EXPECT_NE(text.find("usage fault: DIVBYZERO"), std::string::npos) << text;
  EXPECT_NE(text.find("FORCED"), std::string::npos) << text;
  EXPECT_EQ(ResetCauseText(10), "reset pin, watchdog");
}

}  // namespace
}  // namespace tinyrig::agent
