// AdminService on the real server process: baselines, gc, check, and what
// a full disk does.
#include <algorithm>
#include <fstream>
#include <random>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/admin_rig.h"

namespace tinyrig::servertest {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string> kSlow = {"--lease-timeout-ms", "60000"};

v1::CollectGarbageRequest Keep(int days, int runs, bool dry_run = false) {
  v1::CollectGarbageRequest request;
  request.set_keep_days(days);
  request.set_keep_runs_per_cell(runs);
  request.set_dry_run(dry_run);
  return request;
}

absl::StatusCode Code(const absl::Status& status) {
  return status.code();
}

TEST(Baselines, AreSetMovedListedAndDeleted) {
  AdminRig rig;
  const std::string first = rig.RunJob("m"), second = rig.RunJob("m");
  ASSERT_TRUE(rig.admin->SetBaseline("release-1.0", first).ok());
  ASSERT_TRUE(rig.admin->SetBaseline("nightly", first).ok());
  EXPECT_EQ(rig.admin->SetBaseline("nightly", second)->run_id(), second);
  const auto list = rig.admin->ListBaselines();
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_EQ(list->baselines_size(), 2);
  EXPECT_EQ(list->baselines(0).name(), "nightly");
  EXPECT_EQ(list->baselines(0).run_id(), second);
  EXPECT_GT(list->baselines(1).create_time().seconds(), 1'600'000'000);
  EXPECT_EQ(rig.admin->DeleteBaseline("nightly")->run_id(), second);
  EXPECT_EQ(Code(rig.admin->DeleteBaseline("nightly").status()),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(Code(rig.admin->SetBaseline("x", "r-99").status()),
            absl::StatusCode::kNotFound);
  for (const char* bad : {"", "Upper", "-a", "a b", "ä", "a/b"}) {
    EXPECT_EQ(Code(rig.admin->SetBaseline(bad, first).status()),
              absl::StatusCode::kInvalidArgument)
        << bad;
  }
  EXPECT_EQ(Code(rig.admin->SetBaseline("x", "12").status()),
            absl::StatusCode::kInvalidArgument);
}

TEST(CollectGarbage, KeepsBaselinesTheNewestAndWhatIsYoung) {
  AdminRig rig(kSlow);
  std::vector<std::string> old;
  for (int i = 0; i < 5; ++i) {
    old.push_back(rig.RunJob("m"));
  }
  const std::string alone = rig.RunJob("seldom");
  const std::string doomed_blob = Sha("nobody wants me");
  ASSERT_TRUE(rig.client->Upload("nobody wants me").ok());
  ASSERT_TRUE(rig.admin->SetBaseline("golden", old[0]).ok());
  rig.Age(40);
  const std::string young = rig.RunJob("m");
  ASSERT_TRUE(rig.client->Upload("a job is on the way").ok());
  const auto waiting = rig.client->CreateJob(rig.Spec("waiting", false));
  ASSERT_TRUE(waiting.ok());
  const auto lease = rig.agent->NextLease();

  const auto dry = rig.admin->CollectGarbage(Keep(30, 2, true));
  ASSERT_TRUE(dry.ok()) << dry.status();
  EXPECT_EQ(rig.Runs().size(), 7u);
  const auto wet = rig.admin->CollectGarbage(Keep(30, 2));
  ASSERT_TRUE(wet.ok()) << wet.status();
  // Of m stay: young and old[4] (the newest two), old[0] (a baseline).
  EXPECT_EQ(wet->deleted_run_count(), 3);
  EXPECT_EQ(wet->deleted_job_count(), 3);
  EXPECT_EQ(wet->deleted_blob_count(), 1);
  EXPECT_EQ(wet->kept_run_count(), 4);
  EXPECT_EQ(wet->kept_baseline_count(), 1);
  v1::CollectGarbageResponse same = *dry;
  same.set_dry_run(false);
  EXPECT_EQ(same.DebugString(), wet->DebugString());

  std::vector<std::string> left;
  for (const v1::Run& run : rig.Runs()) {
    left.push_back(run.id());
  }
  EXPECT_THAT(left,
              ::testing::UnorderedElementsAre(young, old[4], old[0], alone));
  EXPECT_EQ(Code(rig.client->GetRun(old[2]).status()),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(Code(rig.client->Download(doomed_blob).status()),
            absl::StatusCode::kNotFound);
  EXPECT_TRUE(rig.client->Download(Sha("a job is on the way")).ok());
  EXPECT_EQ(rig.Answers().size(), 4u);
  // The job on the board goes on.
  ASSERT_TRUE(lease.has_value());
  EXPECT_TRUE(rig.agent->Acked(rig.agent->Finish(
      *lease, MakeResult(MakeArtifact(kF746, "waiting"), 10))));
  EXPECT_TRUE(rig.DeepCheck().ok()) << rig.DeepCheck().DebugString();
  const auto again = rig.admin->CollectGarbage(Keep(30, 2));
  EXPECT_EQ(again->deleted_run_count() + again->deleted_job_count() +
                again->deleted_blob_count(),
            0);
}

TEST(CollectGarbage, FailedJobsGoAndIdsAreNeverGivenAgain) {
  AdminRig rig(kSlow);
  const auto job = rig.client->CreateJob(rig.Spec("bad", true));
  const auto lease = rig.agent->NextLease();
  ASSERT_TRUE(lease.has_value());
  ASSERT_TRUE(rig.agent->Acked(rig.agent->Predict(*lease, 0, 7)));
  ASSERT_TRUE(rig.agent->Acked(rig.agent->Fail(*lease, false)));
  rig.Age(2);
  const auto response = rig.admin->CollectGarbage(Keep(1, 1));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->deleted_job_count(), 1);
  EXPECT_EQ(response->deleted_blob_count(), 1);  // its artifact
  EXPECT_EQ(Code(rig.client->GetJob(job->id()).status()),
            absl::StatusCode::kNotFound);
  rig.Restart();
  const auto next = rig.client->CreateJob(rig.Spec("bad", false));
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(next->id(), "j-2");
}

TEST(CollectGarbage, CompactGivesSpaceBackToTheDisk) {
  AdminRig rig(kSlow);
  rig.RunJobs("m", 3);
  rig.Change(
      "CREATE TABLE ballast (bytes BLOB); INSERT INTO ballast "
      "VALUES (zeroblob(4000000)); DROP TABLE ballast");
  const auto before =
      std::filesystem::file_size(rig.server.data() / "tinyrig.db");
  auto request = Keep(365, 20);
  request.set_compact(true);
  const auto response = rig.admin->CollectGarbage(request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_GT(response->freed_database_bytes(), 3'900'000);
  rig.Restart();
  EXPECT_LT(std::filesystem::file_size(rig.server.data() / "tinyrig.db"),
            before - 3'900'000);
  EXPECT_TRUE(rig.DeepCheck().ok());
}

TEST(CollectGarbage, RefusesNonsense) {
  AdminRig rig;
  EXPECT_EQ(Code(rig.admin->CollectGarbage(Keep(-1, 1)).status()),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Code(rig.admin->CollectGarbage(Keep(1, -5)).status()),
            absl::StatusCode::kInvalidArgument);
}

// An old blob that nothing names may be wanted again at the very moment.
TEST(CollectGarbage, AnUploadOrAJobMeanwhileFindsItsBlob) {
  AdminRig rig(kSlow);
  for (int round = 0; round < 6; ++round) {
    const std::string name = "race" + std::to_string(round);
    const std::string model = rig.AddModel(name);
    rig.Age(3);
    std::thread collector([&] {
      const client::AdminClient unused(rig.server.address());
      EXPECT_TRUE(rig.admin->CollectGarbage(Keep(1, 1)).ok());
    });
    std::this_thread::sleep_for(std::chrono::microseconds(700 * round));
    const auto job = rig.client->CreateJob(rig.Spec(name, false));
    collector.join();
    ASSERT_TRUE(job.ok()) << job.status();
    EXPECT_TRUE(rig.client->Download(model).ok());
    const auto lease = rig.agent->NextLease();
    ASSERT_TRUE(lease.has_value());
    EXPECT_TRUE(rig.agent->Acked(
        rig.agent->Finish(*lease, MakeResult(MakeArtifact(kF746, name), 10))));
  }
  EXPECT_TRUE(rig.DeepCheck().ok()) << rig.DeepCheck().DebugString();
}

TEST(CollectGarbage, AKillAnywhereLeavesAValidDatabase) {
  std::mt19937 random(20261123);
  AdminRig rig(kSlow);
  rig.RunJobs("m", 12);
  rig.Age(40);
  for (int round = 0; round < 5; ++round) {
    std::thread killer([&, pause = random() % 12'000] {
      std::this_thread::sleep_for(std::chrono::microseconds(pause));
      rig.server.Kill();
    });
    rig.admin->CollectGarbage(Keep(30, 1)).IgnoreError();
    killer.join();
    rig.server.Start();
    rig.Dial();
    const auto check = rig.DeepCheck();
    EXPECT_TRUE(check.ok()) << check.DebugString();
  }
  ASSERT_TRUE(rig.admin->CollectGarbage(Keep(30, 1)).ok());
  EXPECT_EQ(rig.Runs().size(), 1u);
  EXPECT_EQ(rig.DeepCheck().finding_count(), 0)
      << rig.DeepCheck().DebugString();
}

TEST(Check, FindsDamagedMissingAndOrphanedBlobsAndLostRuns) {
  AdminRig rig(kSlow);
  rig.RunJob("damaged");
  rig.RunJob("missing");
  const std::string damaged = rig.AddModel("damaged");
  const std::string missing = rig.AddModel("missing");
  EXPECT_EQ(rig.DeepCheck().finding_count(), 0);
  {
    std::fstream file(rig.BlobFile(damaged), std::ios::in | std::ios::out);
    file.seekp(20);
    file << "rot";
  }
  std::filesystem::remove(rig.BlobFile(missing));
  const std::string orphan = Sha("orphan");
  std::filesystem::create_directories(rig.BlobFile(orphan).parent_path());
  std::ofstream(rig.BlobFile(orphan)) << "orphan";
  std::filesystem::last_write_time(
      rig.BlobFile(orphan),
      std::filesystem::file_time_type::clock::now() - std::chrono::hours(48));
  const auto shallow = rig.admin->CheckIntegrity(false);
  ASSERT_TRUE(shallow.ok()) << shallow.status();
  EXPECT_FALSE(shallow->ok());
  EXPECT_EQ(shallow->finding_count(), 2) << shallow->DebugString();
  const auto deep = rig.DeepCheck();
  EXPECT_EQ(deep.finding_count(), 3) << deep.DebugString();
  EXPECT_EQ(deep.run_count(), 2);
  const std::string text = deep.DebugString();
  EXPECT_THAT(text, HasSubstr(damaged));
  EXPECT_THAT(text, HasSubstr(missing));
  EXPECT_THAT(text, HasSubstr(orphan));
  rig.Change(
      "DELETE FROM run_samples WHERE run_id = 1; DELETE FROM "
      "predictions WHERE job_id = 2 AND sample_index = 5");
  const std::string rows = rig.admin->CheckIntegrity(false)->DebugString();
  EXPECT_THAT(rows, HasSubstr("run r-1 (of j-1) has no latency samples"));
  EXPECT_THAT(rows, HasSubstr("job j-2: predictions are missing"));
}

TEST(FullDisk, StopsNewJobsHarmsNothingAndEndsWhenSpaceIsBack) {
  AdminRig rig(kSlow);
  rig.agent.reset();
  rig.server.Stop();
  SmallDisk disk(rig.server.data(), 8);
  if (!disk.mounted()) {
    GTEST_SKIP() << "SKIPPED: a tmpfs cannot be mounted here (root is needed)";
  }
  rig.server.flags = {"--reserve-bytes", "1000000", "--lease-timeout-ms",
                      "60000"};
  rig.server.Start();
  rig.Dial();
  const std::string dataset = Packed(MakeDataset(kSamples));
  ASSERT_TRUE(rig.client->Upload(dataset).ok());
  ASSERT_TRUE(rig.client->CreateDataset("d20", Sha(dataset)).ok());
  const std::string before = rig.RunJob("m");
  const auto job = rig.client->CreateJob(rig.Spec("m", true));
  ASSERT_TRUE(job.ok()) << job.status();
  const auto lease = rig.agent->NextLease();
  ASSERT_TRUE(lease.has_value());
  ASSERT_TRUE(rig.agent->Acked(rig.agent->Predict(*lease, 0, 10)));

  disk.Fill();
  v1::JobSpec spec;
  spec.set_model_sha256(Sha(MakeArtifact(kF746, "m")));
  spec.set_board_id(kF746);
  const absl::Status refused = rig.client->CreateJob(spec).status();
  EXPECT_EQ(Code(refused), absl::StatusCode::kResourceExhausted) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("disk is full"));
  EXPECT_EQ(Code(rig.client->Upload("more").status()),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Code(rig.Backup(rig.server.data().parent_path() / "b")),
            absl::StatusCode::kOk);
  EXPECT_FALSE(rig.agent->Acked(rig.agent->Predict(*lease, 10, 10),
                                std::chrono::milliseconds(500)));
  EXPECT_TRUE(rig.client->GetRun(before).ok());
  EXPECT_EQ(rig.Runs().size(), 1u);
  EXPECT_TRUE(rig.client->GetJob(job->id()).ok());
  EXPECT_TRUE(rig.admin->CheckIntegrity(true).ok());

  disk.Free();
  v1::HeldLease* held = rig.agent->hello.add_held();
  held->set_job_id(lease->job_id());
  held->set_fence(lease->fence());
  ASSERT_TRUE(rig.agent->Attach().ok());
  EXPECT_TRUE(rig.agent->Acked(rig.agent->Predict(*lease, 10, 10)));
  EXPECT_TRUE(rig.agent->Acked(
      rig.agent->Finish(*lease, MakeResult(MakeArtifact(kF746, "m"), 10))));
  EXPECT_EQ(rig.client->WaitFor(job->id(), v1::Job::SUCCEEDED).state(),
            v1::Job::SUCCEEDED);
  rig.RunJob("m");
  EXPECT_EQ(rig.DeepCheck().finding_count(), 0);
  rig.agent.reset();
  rig.server.Stop();
}

}  // namespace
}  // namespace tinyrig::servertest
