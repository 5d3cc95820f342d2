// A run from what the board said, the artifact knows and the store has.
#include "server/lab/run_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/lab/testing/lab_rig.h"
#include "server/request/resource_ids.h"

namespace tinyrig::server {
namespace {

using servertest::kF746;
using servertest::kRealUid;
using servertest::kSecondUs;
using servertest::kVirtualUid;
using servertest::LabRig;
using servertest::MakeArtifact;
using servertest::MakeResult;
using servertest::RigAgent;
using ::testing::HasSubstr;

class RunBuilderTest : public ::testing::Test {
 protected:
  RunBuilderTest() {
    agent_.Board("b1");
    EXPECT_EQ(agent_.Attach(), absl::OkStatus());
  }
  // A lease of a job that waited for eight seconds.
  void Lease(const std::string& dataset = "") {
    id_ = rig_.AddJob(artifact_, dataset);
    rig_.Advance(8 * kSecondUs);
    rig_.Turn();
    ASSERT_TRUE(agent_.stream.TakeLease().has_value());
  }
  absl::StatusOr<v1::Run> Build(const v1::DeviceResult& result) {
    const LiveLease lease = rig_.lab.state.Lock()->leases.at(id_);
    return BuildRun(rig_.lab, lease, result);
  }
  template <typename Change>
  absl::Status Refused(const Change& change) {
    v1::DeviceResult result = MakeResult(artifact_, 10);
    change(result);
    return Build(result).status();
  }

  LabRig rig_;
  RigAgent agent_ = rig_.Agent();
  std::string artifact_ = MakeArtifact(kF746);
  int64_t id_ = 0;
};

TEST(OriginOf, TheChipsUniqueIdDecidesAlone) {
  EXPECT_EQ(*OriginOf(kVirtualUid), v1::EMULATED);
  EXPECT_EQ(*OriginOf(kRealUid), v1::MEASURED);
  for (const std::string bad :
       {"", "56495254", "5649525400000000000000AB", "zz495254000000000000000a",
        "5649525400000000000000011"}) {
    EXPECT_EQ(OriginOf(bad).status().code(), absl::StatusCode::kInvalidArgument)
        << bad;
  }
}

TEST_F(RunBuilderTest, TakesEachFigureFromWhoKnowsIt) {
  Lease();
  rig_.Advance(2 * kSecondUs);
  const auto run = Build(MakeResult(artifact_, 10));
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->origin(), v1::EMULATED);
  EXPECT_EQ(run->environment().timing_model(), "m4-test-v1");
  EXPECT_EQ(run->job_id(), JobName(id_));
  EXPECT_EQ(run->board_name(), "a/b1");
  EXPECT_EQ(run->submitter(), "ann");
  EXPECT_EQ(run->latency().cycles_size(), 10);
  EXPECT_EQ(run->latency().cycles_p50(), 1040) << "nearest rank: 5th of 10";
  EXPECT_EQ(run->flash().total_bytes(), 9000);
  EXPECT_EQ(run->macs(), 100);
  ASSERT_EQ(run->layers_size(), 2);
  EXPECT_EQ(run->layers(0).info().op(), "CONV_2D");
  EXPECT_EQ(run->layers(0).cycles(), 750);
  EXPECT_FALSE(run->has_accuracy());
  EXPECT_DOUBLE_EQ(run->queue_s(), 8);
  EXPECT_DOUBLE_EQ(run->flash_s(), 1.5);
  EXPECT_EQ(run->create_time().seconds(), rig_.clock.UnixMicros() / kSecondUs);
}

TEST_F(RunBuilderTest, ReadsTheEnvironmentFromTheChipsRegisters) {
  Lease();
  v1::DeviceResult result = MakeResult(artifact_, 10);
  result.set_flash_acr(0x703);
  result.set_ccr(0x10000);
  const v1::Environment environment = Build(result)->environment();
  EXPECT_EQ(environment.flash_wait_states(), 3);
  EXPECT_EQ(environment.flash_acr(), "0x00000703");
  EXPECT_TRUE(environment.dcache_enabled());
  EXPECT_FALSE(environment.icache_enabled());
  EXPECT_EQ(environment.clock_hz(), 100'000'000);
  EXPECT_EQ(environment.server_version(), rig_.lab.options.server_version);
}

TEST_F(RunBuilderTest, ARealChipIsMeasuredAndHasNoTimingModel) {
  agent_.hello.mutable_boards(0)->set_uid(kRealUid);
  ASSERT_EQ(agent_.Attach(), absl::OkStatus());
  Lease();
  const auto run = Build(MakeResult(artifact_, 10, kRealUid));
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->origin(), v1::MEASURED);
  EXPECT_EQ(run->environment().timing_model(), "");
}

TEST_F(RunBuilderTest, MemoryIsTheBoardsWhereItSaysSo) {
  Lease();
  v1::DeviceResult result = MakeResult(artifact_, 10);
  result.set_arena_bytes(1100);
  result.set_static_bytes(0);
  const v1::MemoryUsage memory = Build(result)->memory();
  EXPECT_EQ(memory.arena_bytes(), 1100);
  EXPECT_EQ(memory.static_bytes(), 200) << "as the compiler computed it";
  EXPECT_EQ(memory.stack_bytes(), 321);
  EXPECT_EQ(memory.total_bytes(), 1100 + 200 + 321);
}

TEST_F(RunBuilderTest, WhatIsNotOfThisJobIsRefused) {
  Lease();
  const auto code = [this](const auto& change) {
    return Refused(change).code();
  };
  const auto bad = absl::StatusCode::kInvalidArgument;
  EXPECT_EQ(code([](auto& r) { r.set_image_hash("other"); }), bad);
  EXPECT_EQ(code([](auto& r) { r.set_board_uid(kRealUid); }), bad);
  EXPECT_EQ(code([](auto& r) { r.clear_cycles(); }), bad);
  EXPECT_EQ(code([](auto& r) { r.add_cycles(1); }), bad);
  EXPECT_EQ(code([](auto& r) { r.set_cycles(3, -1); }), bad);
  EXPECT_EQ(code([](auto& r) { r.add_layer_cycles(1); }), bad);
  EXPECT_EQ(code([](auto& r) { r.set_layer_cycles(0, -1); }), bad);
  EXPECT_EQ(code([](auto& r) { r.set_clock_hz(0); }), bad);
  EXPECT_THAT(std::string(Refused([](auto& r) {
                            r.set_image_hash("other");
                          }).message()),
              HasSubstr("image hash other"));
}

TEST_F(RunBuilderTest, AccuracyIsOfTheSamplesThatAreStored) {
  rig_.AddDataset("d20", 20);
  Lease("d20");
  v1::Lease lease;
  lease.set_job_id(JobName(id_));
  lease.set_fence(1);
  ASSERT_EQ(agent_.Predict(lease, 0, 10), absl::OkStatus());
  const auto run = Build(MakeResult(artifact_, 10));
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->dataset_name(), "d20");
  EXPECT_EQ(run->accuracy().total(), 10);
  EXPECT_EQ(run->accuracy().correct(), 9);
}

}  // namespace
}  // namespace tinyrig::server
