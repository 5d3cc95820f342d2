// The supervisor, flasher and session against real firmware on the real
// virtual board, whole and under each kind of fault.
#include <csignal>
#include <filesystem>

#include "gtest/gtest.h"

#include "proto/file/dataset.h"
#include "tests/integration/agent_rig.h"

namespace tinyrig::agent {
namespace {

void ExpectAllRight(AgentRig& rig, int count) {
  const std::lock_guard<std::mutex> lock(rig.server.mutex);
  ASSERT_EQ(rig.server.predictions.size(), static_cast<size_t>(count));
  EXPECT_EQ(rig.server.doubled, 0);
  for (int i = 0; i < count; ++i) {
    const auto& prediction = rig.server.predictions.at(i);
    EXPECT_EQ(prediction.output(), AgentRig::Expected(rig.Input(i))) << i;
    EXPECT_GT(prediction.cycles(), 0);
  }
}

class AgentBoard : public ::testing::TestWithParam<const char*> {};

TEST_P(AgentBoard, FlashesRunsAndSkipsTheSecondTime) {
  AgentRig rig({GetParam(), ""});
  const auto artifact = rig.Artifact("echo");
  const auto dataset = rig.Dataset(40);
  rig.Submit(artifact, dataset);
  const auto first = rig.server.AwaitEnd(60);
  ASSERT_TRUE(first.has_value());
  ASSERT_TRUE(first->has_result()) << first->failure().DebugString();
  const auto& result = first->result();
  EXPECT_FALSE(result.flash_skipped());
  EXPECT_EQ(result.board_uid().substr(0, 8), "56495254") << "VIRT";
  EXPECT_EQ(result.cycles_size(), 10);
  EXPECT_EQ(result.layer_cycles_size(), 3);
  EXPECT_GT(result.layer_cycles(0), 1000);
  EXPECT_GT(result.instructions(), 1000);
  EXPECT_GT(result.stack_peak_bytes(), 0);
  EXPECT_EQ(result.clock_hz(), (*boards::FindBoard(GetParam()))->clock_hz);
  EXPECT_FALSE(result.timing_model().empty());
  ExpectAllRight(rig, 40);
  std::printf("%s: flash %.3f s, 40 samples and 10 runs %.3f s\n", GetParam(),
              result.flash_s(), result.board_s());

  rig.server.predictions.clear();
  rig.Submit(artifact, dataset);
  const auto second = rig.server.AwaitEnd(60);
  ASSERT_TRUE(second && second->has_result());
  EXPECT_TRUE(second->result().flash_skipped());
  EXPECT_EQ(second->result().flash_s(), 0);
  EXPECT_EQ(rig.server.fetches, 2) << "the cache holds both blobs";
  std::printf("%s: second job %.3f s on the board\n", GetParam(),
              second->result().board_s());
  ASSERT_EQ(second->result().cycles_size(), 10);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(second->result().cycles(i), result.cycles(i)) << "run " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Boards, AgentBoard,
                         ::testing::Values("nucleo_f746zg", "nucleo_f412zg"));

TEST(AgentBoardFaults, NoiseInBothDirectionsOnlyCostsTime) {
  AgentRig rig({"nucleo_f746zg", "flip=1/10000"});
  rig.Submit(rig.Artifact("echo"), rig.Dataset(80));
  const auto end = rig.server.AwaitEnd(100);
  ASSERT_TRUE(end.has_value());
  ASSERT_TRUE(end->has_result()) << end->failure().DebugString();
  EXPECT_GT(end->result().line_retry_count(), 0);
  ExpectAllRight(rig, 80);
}

TEST(AgentBoardFaults, LostBytesOnlyCostTime) {
  AgentRig rig({"nucleo_f412zg", "drop=1/20000"});
  rig.Submit(rig.Artifact("echo"), rig.Dataset(40));
  const auto end = rig.server.AwaitEnd(100);
  ASSERT_TRUE(end.has_value());
  ASSERT_TRUE(end->has_result()) << end->failure().DebugString();
  ExpectAllRight(rig, 40);
}

TEST(AgentBoardFaults, AResetInTheMiddleOfFlashingIsRepaired) {
  AgentRig rig({"nucleo_f746zg", "reset-in-flash=12"});
  rig.Submit(rig.Artifact("echo"), rig.Dataset(5));
  const auto end = rig.server.AwaitEnd(60);
  ASSERT_TRUE(end.has_value());
  ASSERT_TRUE(end->has_result()) << end->failure().DebugString();
  ExpectAllRight(rig, 5);
}

TEST(AgentBoardFaults, AHungCoreIsResetAndTheDatasetGoesOn) {
  AgentRig rig({"nucleo_f412zg", ""});
  rig.Submit(rig.Artifact("echo"), rig.Dataset(60));
  ASSERT_TRUE(rig.server.AwaitStep("dataset", 1, 60));
  ASSERT_TRUE(rig.Control("faults hang-after=1000cycles").ok());
  const auto end = rig.server.AwaitEnd(100);
  ASSERT_TRUE(end.has_value());
  ASSERT_TRUE(end->has_result()) << end->failure().DebugString();
  ExpectAllRight(rig, 60);
}

TEST(AgentBoardFaults, AKilledBoardIsStartedAgainAndTheDatasetGoesOn) {
  AgentRig rig({"nucleo_f746zg", ""});
  rig.Submit(rig.Artifact("echo"), rig.Dataset(60));
  ASSERT_TRUE(rig.server.AwaitStep("dataset", 1, 60));
  ASSERT_TRUE(rig.Control("quit").ok());
  const auto end = rig.server.AwaitEnd(60);
  ASSERT_TRUE(end.has_value());
  ASSERT_TRUE(end->has_result()) << end->failure().DebugString();
  ExpectAllRight(rig, 60);
}

TEST(AgentBoardFaults, AFaultOfTheModelEndsTheJobWithItsReport) {
  AgentRig rig({"nucleo_f746zg", ""});
  rig.Submit(rig.Artifact("fault"), rig.Dataset(20, {{7, 0xBA}}));
  const auto end = rig.server.AwaitEnd(60);
  ASSERT_TRUE(end.has_value());
  ASSERT_TRUE(end->has_failure());
  EXPECT_EQ(end->failure().failure_class(), v1::BOARD);
  EXPECT_FALSE(end->retryable());
  EXPECT_NE(end->failure().device_fault().find("bus fault"), std::string::npos)
      << end->failure().DebugString();
  EXPECT_NE(end->failure().device_fault().find("pc 0x0800"), std::string::npos);
  EXPECT_EQ(rig.server.predictions.size(), 7U) << "kept for the next attempt";
  EXPECT_TRUE(rig.server.AwaitState(v1::Board::IDLE, 20));
}

TEST(AgentBoardFaults, ADeadBoardIsFaultyAndTheJobMayBeTriedElsewhere) {
  AgentRig rig({"nucleo_f746zg", ""});
  rig.Submit(rig.Artifact("echo"), rig.Dataset(2000));
  ASSERT_TRUE(rig.server.AwaitStep("dataset", 1, 60));
  ASSERT_TRUE(rig.Control("faults dead").ok());
  const auto end = rig.server.AwaitEnd(100);
  ASSERT_TRUE(end && end->has_failure());
  EXPECT_EQ(end->failure().failure_class(), v1::BOARD);
  EXPECT_TRUE(end->retryable());
  EXPECT_TRUE(rig.server.AwaitState(v1::Board::FAULTY, 20));
  ASSERT_TRUE(rig.Control("faults none").ok());
  EXPECT_TRUE(rig.server.AwaitState(v1::Board::IDLE, 60)) << "comes back";
}

TEST(AgentBoardJobs, RevokeStopsPromptlyAndTheNextJobRuns) {
  AgentRig rig({"nucleo_f412zg", ""});
  const auto artifact = rig.Artifact("echo");
  rig.Submit(artifact, rig.Dataset(2000));
  ASSERT_TRUE(rig.server.AwaitStep("dataset", 1, 60));
  rig.supervisor->Revoke("j-1", rig.lease.fence());
  ASSERT_TRUE(rig.server.AwaitState(v1::Board::IDLE, 5));
  EXPECT_FALSE(rig.server.finished.has_value()) << "nobody waits for it";
  rig.server.predictions.clear();
  rig.Submit(artifact, rig.Dataset(3));
  const auto end = rig.server.AwaitEnd(30);
  ASSERT_TRUE(end && end->has_result());
  ExpectAllRight(rig, 3);
}

TEST(AgentBoardJobs, TheTimeOfALeaseEnds) {
  AgentRig rig({"nucleo_f412zg", ""});
  rig.Submit(rig.Artifact("echo"), rig.Dataset(20'000), 2);
  const auto end = rig.server.AwaitEnd(20);
  ASSERT_TRUE(end && end->has_failure());
  EXPECT_EQ(end->failure().failure_class(), v1::TIMEOUT);
  EXPECT_FALSE(end->retryable());
}

TEST(AgentBoardJobs, ADatasetOfAnotherShapeIsTheModelsFault) {
  AgentRig rig({"nucleo_f412zg", ""});
  v1::DatasetFile data;
  data.set_sample_bytes(7);
  data.set_class_count(1);
  data.add_names("seven");
  data.add_labels(0);
  data.set_inputs("1234567");
  const std::string packed = file::SerializeDataset(data);
  rig.Submit(rig.Artifact("echo"),
             rig.server.Put({packed.begin(), packed.end()}));
  const auto end = rig.server.AwaitEnd(20);
  ASSERT_TRUE(end && end->has_failure());
  EXPECT_EQ(end->failure().failure_class(), v1::MODEL);
  EXPECT_NE(end->failure().message().find("2000"), std::string::npos);
}

}  // namespace
}  // namespace tinyrig::agent
