// What CreateJob takes, field by field, at the edges.
#include "server/api/job_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/lab/testing/lab_rig.h"

namespace tinyrig::server {
namespace {

using servertest::kF412;
using servertest::kF746;
using servertest::LabRig;
using servertest::MakeArtifact;
using ::testing::HasSubstr;

class JobRequestTest : public ::testing::Test {
 protected:
  JobRequestTest() {
    servertest::RigAgent agent = rig_.Agent();
    agent.Board("b1");
    EXPECT_EQ(agent.Attach(), absl::OkStatus());
    agent.Detach();  // a board that was here once is enough
    v1::JobSpec& spec = *request_.mutable_spec();
    spec.set_model_sha256(rig_.AddBlob(artifact_));
    spec.set_board_id(kF746);
  }
  template <typename Change>
  absl::StatusOr<JobRecord> With(const Change& change) {
    v1::CreateJobRequest request = request_;
    change(*request.mutable_spec());
    return CheckJobRequest(rig_.lab, request);
  }
  template <typename Change>
  absl::StatusCode CodeWith(const Change& change) {
    return With(change).status().code();
  }

  LabRig rig_;
  std::string artifact_ = MakeArtifact(kF746);
  v1::CreateJobRequest request_;
};

constexpr auto kOk = absl::StatusCode::kOk;
constexpr auto kBad = absl::StatusCode::kInvalidArgument;

TEST_F(JobRequestTest, WhatIsLeftOutHasADefault) {
  const auto record = With([](auto&) {});
  ASSERT_TRUE(record.ok()) << record.status();
  const v1::JobSpec& spec = record->job.spec();
  EXPECT_EQ(spec.runs(), 10);
  EXPECT_EQ(spec.warmups(), 3);
  EXPECT_EQ(spec.timeout_s(), 3600);
  EXPECT_EQ(spec.submitter(), "anonymous");
  EXPECT_EQ(spec.options().optimize(), "speed");
  EXPECT_EQ(record->create_us, rig_.clock.UnixMicros());
}

TEST_F(JobRequestTest, NoWarmupsAreNotTheDefault) {
  EXPECT_EQ(With([](auto& s) { s.set_warmups(0); })->job.spec().warmups(), 0);
}

TEST_F(JobRequestTest, EachFieldHasItsRange) {
  EXPECT_EQ(CodeWith([](auto& s) { s.set_runs(1000); }), kOk);
  EXPECT_EQ(CodeWith([](auto& s) { s.set_runs(1001); }), kBad);
  EXPECT_EQ(CodeWith([](auto& s) { s.set_runs(-1); }), kBad);
  EXPECT_EQ(CodeWith([](auto& s) { s.set_warmups(64); }), kOk);
  EXPECT_EQ(CodeWith([](auto& s) { s.set_warmups(65); }), kBad);
  EXPECT_EQ(CodeWith([](auto& s) { s.set_priority(-100); }), kOk);
  EXPECT_EQ(CodeWith([](auto& s) { s.set_priority(-101); }), kBad);
  EXPECT_EQ(CodeWith([](auto& s) { s.set_priority(101); }), kBad);
  EXPECT_EQ(CodeWith([](auto& s) { s.set_timeout_s(86'400); }), kOk);
  EXPECT_EQ(CodeWith([](auto& s) { s.set_timeout_s(86'401); }), kBad);
  EXPECT_EQ(CodeWith([](auto& s) { s.set_timeout_s(-5); }), kBad);
  EXPECT_EQ(CodeWith([](auto& s) { s.mutable_options()->set_optimize("x"); }),
            kBad);
  const std::string longest(256, 'x');
  EXPECT_EQ(CodeWith([&](auto& s) { s.set_submitter(longest); }), kOk);
  EXPECT_EQ(CodeWith([&](auto& s) { s.set_submitter(longest + "x"); }), kBad);
  EXPECT_EQ(CodeWith([&](auto& s) { s.set_model_name(longest + "x"); }), kBad);
  request_.set_request_id(std::string(128, 'r'));
  EXPECT_EQ(CodeWith([](auto&) {}), kOk);
  request_.set_request_id(std::string(129, 'r'));
  EXPECT_EQ(CodeWith([](auto&) {}), kBad);
}

TEST_F(JobRequestTest, TheMessageTellsFieldAndRange) {
  EXPECT_EQ(With([](auto& s) { s.set_runs(1001); }).status().message(),
            "runs: 1001, 1..1000 is wanted");
}

TEST_F(JobRequestTest, TheBoardMustBeKnown) {
  const absl::Status unknown =
      With([](auto& s) { s.set_board_id("z"); }).status();
  EXPECT_EQ(unknown.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(unknown.message()), HasSubstr(kF412));
  EXPECT_EQ(CodeWith([](auto& s) { s.set_board_id(kF412); }),
            absl::StatusCode::kFailedPrecondition)
      << "none of that kind was ever attached";
  EXPECT_EQ(CodeWith([](auto& s) { s.set_board_name("a/b1"); }), kOk);
  EXPECT_EQ(CodeWith([](auto& s) { s.set_board_name("a/b9"); }),
            absl::StatusCode::kNotFound);
}

TEST_F(JobRequestTest, ABoardByNameMustBeOfTheKind) {
  servertest::RigAgent agent = rig_.Agent("c");
  agent.Board("b2", kF412);
  ASSERT_EQ(agent.Attach(), absl::OkStatus());
  EXPECT_EQ(CodeWith([](auto& s) { s.set_board_name("c/b2"); }),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(JobRequestTest, AnArtifactNeedsNoCompiler) {
  EXPECT_EQ(With([](auto&) {})->job.artifact_sha256(),
            servertest::Sha(artifact_));
  const std::string model = rig_.AddBlob("TFL3 or so");
  const auto record = With([&](auto& s) { s.set_model_sha256(model); });
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->job.artifact_sha256(), "");
}

TEST_F(JobRequestTest, ArtifactsAreCheckedBeforeTheyAreQueued) {
  const auto code = [&](const std::string& sha256) {
    return CodeWith([&](auto& s) { s.set_model_sha256(sha256); });
  };
  EXPECT_EQ(code(servertest::Sha("unknown")), absl::StatusCode::kNotFound);
  std::string broken = artifact_;
  broken[broken.find("image")] ^= 1;
  EXPECT_EQ(code(rig_.AddBlob(broken)), absl::StatusCode::kDataLoss);
  EXPECT_EQ(code(rig_.AddBlob(MakeArtifact(kF412))),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(code(rig_.AddBlob("TINYRIG1\xff\xff")), kBad);
}

TEST_F(JobRequestTest, ADatasetMustFitTheArtifact) {
  rig_.AddDataset("d20", 20);
  const auto record = With([](auto& s) { s.set_dataset("d20"); });
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->sample_count, 20);
  EXPECT_EQ(record->dataset_sha256, rig_.store->FindDataset("d20")->sha256());
  EXPECT_EQ(CodeWith([](auto& s) { s.set_dataset("none"); }),
            absl::StatusCode::kNotFound);
  v1::DatasetFile file = servertest::MakeDataset(4);
  file.set_sample_bytes(4);
  file.mutable_inputs()->resize(16);
  v1::Dataset small;
  small.set_name("small");
  small.set_sha256(rig_.AddBlob(servertest::Packed(file)));
  small.set_sample_count(4);
  small.set_sample_bytes(4);
  small.set_class_count(4);
  ASSERT_TRUE(rig_.store->AddDataset(small, file, 1).ok());
  EXPECT_EQ(CodeWith([](auto& s) { s.set_dataset("small"); }), kBad);
}

}  // namespace
}  // namespace tinyrig::server
