// LabService of the real server over a real socket: uploads, datasets, jobs,
// lists; what is refused and how.
#include <fcntl.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/server_harness.h"

namespace tinyrig::servertest {
namespace {

using ::testing::HasSubstr;

// A server with one attached F746 and an uploaded artifact.
class ServerApi : public ::testing::Test {
 protected:
  void SetUp() override {
    agent_.Board("b1", kF746);
    ASSERT_TRUE(agent_.Attach().ok());
    artifact_ = MakeArtifact(kF746);
    ASSERT_TRUE(client_.Upload(artifact_).ok());
  }
  v1::JobSpec Spec(const std::string& dataset = "") {
    v1::JobSpec spec;
    spec.set_model_sha256(Sha(artifact_));
    spec.set_model_name("m.tflite");
    spec.set_board_id(kF746);
    spec.set_dataset(dataset);
    spec.set_submitter("me@here");
    return spec;
  }
  std::string AddDataset(const std::string& name, int count) {
    const std::string bytes = Packed(MakeDataset(count));
    EXPECT_TRUE(client_.Upload(bytes).ok());
    EXPECT_TRUE(client_.CreateDataset(name, Sha(bytes)).ok());
    return name;
  }
  // Runs one job to its end, as an agent would.
  v1::Job RunJob(const v1::JobSpec& spec) {
    const auto job = client_.CreateJob(spec);
    EXPECT_TRUE(job.ok()) << job.status();
    const auto lease = agent_.NextLease();
    EXPECT_TRUE(lease.has_value());
    agent_.Acked(agent_.Finish(*lease, MakeResult(artifact_, 10)));
    return client_.WaitFor(job->id(), v1::Job::SUCCEEDED);
  }
  static absl::StatusCode Code(const absl::Status& status) {
    return status.code();
  }

  ServerProcess server_;
  Client client_{server_.address()};
  FakeAgent agent_{server_.address(), "a", "i1"};
  std::string artifact_;
};

TEST_F(ServerApi, InfoAndHealth) {
  const auto info = client_.Info();
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->attached_agent_count(), 1);
  EXPECT_GT(info->schema_version(), 0);
  EXPECT_GT(info->max_blob_bytes(), 0);
  EXPECT_TRUE(client_.Serving());
}

TEST_F(ServerApi, UploadsAreVerifiedAndComeBackWhole) {
  std::string bytes(3'000'001, 'x');
  bytes[77] = 'y';
  const auto first = client_.Upload(bytes);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_FALSE(first->already_there());
  const auto again = client_.Upload(bytes);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->already_there());
  EXPECT_EQ(client_.Download(Sha(bytes)).value_or(""), bytes);
  EXPECT_EQ(client_.Download(Sha("none")).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(ServerApi, HostileUploadsLeaveNothing) {
  const std::string other = Sha("other");
  EXPECT_EQ(Code(client_.Upload("bytes", other).status()),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(Code(client_.Upload("bytes", "", 4).status()),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(Code(client_.Upload("bytes", "", 6).status()),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(Code(client_.Upload("bytes", "../../etc/passwd").status()),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Code(client_.Upload("bytes", std::string(64, 'A')).status()),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Code(client_.Upload("bytes", "", 1LL << 40).status()),
            absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(client_.Download(other).ok());
  EXPECT_FALSE(client_.Download("../tinyrig.db").ok());
  EXPECT_TRUE(std::filesystem::is_empty(server_.data() / "blobs" / "incoming"));
}

TEST_F(ServerApi, DatasetsAreCheckedBeforeTheyHaveAName) {
  const auto create = [&](const v1::DatasetFile& file) {
    const std::string bytes = Packed(file);
    EXPECT_TRUE(client_.Upload(bytes).ok());
    return client_.CreateDataset("d", Sha(bytes)).status();
  };
  v1::DatasetFile high = MakeDataset(6);
  high.set_labels(3, 4);
  EXPECT_EQ(Code(create(high)), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(create(high).message()),
              HasSubstr("sample 3 (s3.bin): label 4 is out of range, 0..3"));
  v1::DatasetFile negative = MakeDataset(6);
  negative.set_labels(0, -1);
  EXPECT_EQ(Code(create(negative)), absl::StatusCode::kInvalidArgument);
  v1::DatasetFile cut = MakeDataset(6);
  cut.mutable_inputs()->pop_back();
  EXPECT_EQ(Code(create(cut)), absl::StatusCode::kInvalidArgument);
  v1::DatasetFile huge = MakeDataset(2);
  huge.set_sample_bytes(INT64_MAX / 2 + 1);
  EXPECT_EQ(Code(create(huge)), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Code(create(MakeDataset(0))), absl::StatusCode::kInvalidArgument);
  ASSERT_TRUE(client_.Upload("TRDATA1\nrubbish").ok());
  EXPECT_EQ(Code(client_.CreateDataset("d", Sha("TRDATA1\nrubbish")).status()),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Code(client_.CreateDataset("d", Sha("nothing")).status()),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(Code(client_.CreateDataset("../d", Sha("nothing")).status()),
            absl::StatusCode::kInvalidArgument);
  AddDataset("good", 6);
  const std::string other = Packed(MakeDataset(7));
  ASSERT_TRUE(client_.Upload(other).ok());
  EXPECT_EQ(Code(client_.CreateDataset("good", Sha(other)).status()),
            absl::StatusCode::kAlreadyExists);
  AddDataset("good", 6);  // the same bytes again are fine
}

TEST_F(ServerApi, JobsNameWhatIsUnknown) {
  v1::JobSpec spec = Spec();
  spec.set_board_id("nucleo_h999");
  EXPECT_EQ(Code(client_.CreateJob(spec).status()),
            absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(client_.CreateJob(spec).status().message()),
              HasSubstr("known: "));
  spec.set_board_id(kF412);
  EXPECT_EQ(Code(client_.CreateJob(spec).status()),
            absl::StatusCode::kFailedPrecondition);
  spec = Spec();
  spec.set_model_sha256(Sha("unknown"));
  EXPECT_EQ(Code(client_.CreateJob(spec).status()),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(Code(client_.CreateJob(Spec("no-such")).status()),
            absl::StatusCode::kNotFound);
  spec = Spec();
  spec.set_board_name("a/b9");
  EXPECT_EQ(Code(client_.CreateJob(spec).status()),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(Code(client_.GetJob("j-77").status()), absl::StatusCode::kNotFound);
  EXPECT_EQ(Code(client_.GetJob("x").status()),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Code(client_.GetRun("r-77").status()), absl::StatusCode::kNotFound);
}

TEST_F(ServerApi, JobsAreCheckedFieldByField) {
  const auto refused = [&](auto change) {
    v1::JobSpec spec = Spec();
    change(spec);
    return client_.CreateJob(spec).status().code() ==
           absl::StatusCode::kInvalidArgument;
  };
  EXPECT_TRUE(refused([](auto& s) { s.set_runs(1001); }));
  EXPECT_TRUE(refused([](auto& s) { s.set_runs(-1); }));
  EXPECT_TRUE(refused([](auto& s) { s.set_warmups(65); }));
  EXPECT_TRUE(refused([](auto& s) { s.set_priority(101); }));
  EXPECT_TRUE(refused([](auto& s) { s.set_timeout_s(-5); }));
  EXPECT_TRUE(refused([](auto& s) { s.mutable_options()->set_optimize("x"); }));
  EXPECT_TRUE(refused([](auto& s) { s.set_submitter(std::string(300, 'x')); }));
  v1::JobSpec zero = Spec();
  zero.set_warmups(0);
  const auto job = client_.CreateJob(zero);
  ASSERT_TRUE(job.ok());
  EXPECT_EQ(job->spec().warmups(), 0);
  EXPECT_EQ(job->spec().runs(), 10);
  EXPECT_EQ(job->spec().timeout_s(), 3600);
}

TEST_F(ServerApi, ArtifactsAreCheckedBeforeTheyAreQueued) {
  std::string broken = artifact_;
  broken[broken.find("image")] ^= 1;
  ASSERT_TRUE(client_.Upload(broken).ok());
  v1::JobSpec spec = Spec();
  spec.set_model_sha256(Sha(broken));
  EXPECT_EQ(Code(client_.CreateJob(spec).status()),
            absl::StatusCode::kDataLoss);
  const std::string other = MakeArtifact(kF412);
  ASSERT_TRUE(client_.Upload(other).ok());
  spec.set_model_sha256(Sha(other));
  EXPECT_EQ(Code(client_.CreateJob(spec).status()),
            absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(client_.Upload("TINYRIG1\xff\xff").ok());
  spec.set_model_sha256(Sha("TINYRIG1\xff\xff"));
  EXPECT_EQ(Code(client_.CreateJob(spec).status()),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(ServerApi, ADatasetOfTheWrongShapeIsRefused) {
  v1::DatasetFile file = MakeDataset(4);
  file.set_sample_bytes(4);
  file.mutable_inputs()->resize(16);
  const std::string bytes = Packed(file);
  ASSERT_TRUE(client_.Upload(bytes).ok());
  ASSERT_TRUE(client_.CreateDataset("small", Sha(bytes)).ok());
  const absl::Status status = client_.CreateJob(Spec("small")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("4 bytes, the model's input takes 8"));
}

TEST_F(ServerApi, ARequestIdStandsForOneJobPerBoard) {
  const auto first = client_.CreateJob(Spec(), "req-1");
  ASSERT_TRUE(first.ok()) << first.status();
  v1::JobSpec changed = Spec();
  changed.set_runs(77);
  const auto second = client_.CreateJob(changed, "req-1");
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->id(), first->id());
  EXPECT_EQ(second->spec().runs(), 10);
  const auto other = client_.CreateJob(Spec(), "req-2");
  ASSERT_TRUE(other.ok());
  EXPECT_NE(other->id(), first->id());
}

TEST_F(ServerApi, ARunHoldsWhatTheBoardSaid) {
  AddDataset("d20", 20);
  const auto job = client_.CreateJob(Spec("d20"));
  ASSERT_TRUE(job.ok()) << job.status();
  const auto lease = agent_.NextLease();
  ASSERT_TRUE(lease.has_value());
  EXPECT_EQ(lease->board_name(), "b1");
  EXPECT_EQ(lease->artifact_sha256(), Sha(artifact_));
  EXPECT_EQ(lease->next_sample_index(), 0);
  agent_.Update(*lease, v1::Job::RUNNING, 5);
  EXPECT_TRUE(agent_.Acked(agent_.Predict(*lease, 0, 20)));
  EXPECT_TRUE(agent_.Acked(agent_.Finish(*lease, MakeResult(artifact_, 10))));
  const v1::Job done = client_.WaitFor(job->id(), v1::Job::SUCCEEDED);
  ASSERT_EQ(done.state(), v1::Job::SUCCEEDED) << done.DebugString();
  const auto run = client_.GetRun(done.run_id());
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->origin(), v1::EMULATED);
  EXPECT_EQ(run->environment().timing_model(), "m4-test-v1");
  EXPECT_EQ(run->latency().cycles_size(), 10);
  EXPECT_EQ(run->latency().cycles_min(), 1000);
  EXPECT_EQ(run->latency().cycles_p50(), 1040);  // nearest rank: 5th of 10
  EXPECT_EQ(run->latency().cycles_p90(), 1080);
  EXPECT_EQ(run->latency().cycles_max(), 1090);
  EXPECT_DOUBLE_EQ(run->latency().us_p50(), 10.4);
  EXPECT_EQ(run->accuracy().total(), 20);
  EXPECT_EQ(run->accuracy().correct(), 18);  // samples 9 and 19 are wrong
  EXPECT_EQ(run->memory().stack_bytes(), 321);
  EXPECT_EQ(run->memory().total_bytes(), 1521);
  EXPECT_EQ(run->flash().total_bytes(), 9000);
  ASSERT_EQ(run->layers_size(), 2);
  EXPECT_DOUBLE_EQ(run->layers(0).share(), 0.75);
  EXPECT_EQ(run->plan_size(), 1);
  EXPECT_EQ(run->environment().flash_wait_states(), 3);
  EXPECT_TRUE(run->environment().dcache_enabled());
  v1::ListPredictionsRequest request;
  request.set_run_id(done.run_id());
  request.set_page_size(7);
  std::vector<v1::Prediction> all;
  do {
    const auto page = client_.ListPredictions(request);
    ASSERT_TRUE(page.ok()) << page.status();
    all.insert(all.end(), page->predictions().begin(),
               page->predictions().end());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  ASSERT_EQ(all.size(), 20U);
  EXPECT_EQ(all[9].sample_name(), "s9.bin");
  EXPECT_EQ(all[9].label(), 1);
  EXPECT_EQ(all[9].predicted(), 2);
  EXPECT_EQ(all[13].output(), OutputOf(13));
}

TEST_F(ServerApi, ARealChipIsMeasuredWhateverElseIsSaid) {
  FakeAgent real(server_.address(), "lab", "i");
  real.Board("n", kF412, kRealUid);
  ASSERT_TRUE(real.Attach().ok());
  const std::string artifact = MakeArtifact(kF412);
  ASSERT_TRUE(client_.Upload(artifact).ok());
  v1::JobSpec spec = Spec();
  spec.set_model_sha256(Sha(artifact));
  spec.set_board_id(kF412);
  const auto job = client_.CreateJob(spec);
  const auto lease = real.NextLease();
  ASSERT_TRUE(lease.has_value());
  real.Finish(*lease, MakeResult(artifact, 10, kRealUid));
  const v1::Job done = client_.WaitFor(job->id(), v1::Job::SUCCEEDED);
  const auto run = client_.GetRun(done.run_id());
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->origin(), v1::MEASURED);
  EXPECT_EQ(run->environment().timing_model(), "");
}

TEST_F(ServerApi, ListsPageAndFilterStably) {
  for (int i = 0; i < 7; ++i) {
    v1::JobSpec spec = Spec();
    spec.set_submitter(i % 2 == 0 ? "even" : "odd");
    ASSERT_EQ(RunJob(spec).state(), v1::Job::SUCCEEDED);
  }
  v1::ListRunsRequest request;
  request.set_page_size(2);
  request.set_filter("submitter=even AND origin=EMULATED");
  std::vector<std::string> ids;
  do {
    const auto page = client_.ListRuns(request);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const v1::Run& run : page->runs()) {
      ids.push_back(run.id());
      EXPECT_EQ(run.submitter(), "even");
      EXPECT_TRUE(run.latency().cycles().empty());
    }
    request.set_page_token(page->next_page_token());
    RunJob(Spec());  // new rows do not shift the pages
  } while (!request.page_token().empty());
  EXPECT_EQ(ids, (std::vector<std::string>{"r-7", "r-5", "r-3", "r-1"}));
  v1::ListJobsRequest jobs;
  jobs.set_filter("state=SUCCEEDED AND submitter=odd");
  EXPECT_EQ(client_.ListJobs(jobs)->jobs_size(), 3);
  jobs.set_filter("password=x");
  EXPECT_EQ(Code(client_.ListJobs(jobs).status()),
            absl::StatusCode::kInvalidArgument);
  jobs.set_filter("");
  jobs.set_page_size(5000);
  EXPECT_EQ(Code(client_.ListJobs(jobs).status()),
            absl::StatusCode::kInvalidArgument);
  jobs.set_page_size(0);
  jobs.set_page_token("rubbish");
  EXPECT_EQ(Code(client_.ListJobs(jobs).status()),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(ServerApi, AWatchShowsEveryStageAndEnds) {
  const auto job = client_.CreateJob(Spec());
  ASSERT_TRUE(job.ok());
  const auto lease = agent_.NextLease();
  ASSERT_TRUE(lease.has_value());
  agent_.Update(*lease, v1::Job::RUNNING, 1);
  client_.WaitFor(job->id(), v1::Job::RUNNING);
  agent_.Finish(*lease, MakeResult(artifact_, 10));
  const auto seen = client_.Watch(job->id());
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_EQ(seen->back().state(), v1::Job::SUCCEEDED);
  for (size_t i = 1; i < seen->size(); ++i) {
    EXPECT_GT((*seen)[i].revision(), (*seen)[i - 1].revision());
  }
  const auto log = client_.Log(job->id());
  ASSERT_TRUE(log.ok());
  EXPECT_THAT(*log, ::testing::Contains("agent: step 1"));
  EXPECT_EQ(Code(client_.Watch("j-99").status()), absl::StatusCode::kNotFound);
}

TEST_F(ServerApi, BoardsAreShownAsTheyAre) {
  const auto board = client_.GetBoard("a/b1");
  ASSERT_TRUE(board.ok()) << board.status();
  EXPECT_EQ(board->state(), v1::Board::IDLE);
  EXPECT_EQ(board->origin(), v1::EMULATED);
  EXPECT_EQ(board->kind().clock_hz(), 216'000'000);
  EXPECT_EQ(client_.GetBoard(kF412)->kind().chip(), "STM32F412ZG");
  EXPECT_EQ(Code(client_.GetBoard("x/y").status()),
            absl::StatusCode::kNotFound);
  ASSERT_TRUE(client_.CreateJob(Spec()).ok());
  ASSERT_TRUE(agent_.NextLease().has_value());
  EXPECT_EQ(client_.GetBoard("a/b1")->state(), v1::Board::BUSY);
  EXPECT_EQ(client_.GetBoard("a/b1")->current_job_id(), "j-1");
  agent_.Drop();
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (client_.GetBoard("a/b1")->state() != v1::Board::OFFLINE &&
         std::chrono::steady_clock::now() < deadline) {
  }
  EXPECT_EQ(client_.ListBoards()->boards(0).state(), v1::Board::OFFLINE);
}

TEST_F(ServerApi, AFullQueueIsSaidToBeFull) {
  server_.Stop();
  server_.flags = {"--max-queue", "2"};
  server_.Start();
  ASSERT_TRUE(client_.CreateJob(Spec()).ok());
  ASSERT_TRUE(client_.CreateJob(Spec(), "second").ok());
  EXPECT_EQ(Code(client_.CreateJob(Spec()).status()),
            absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(client_.CreateJob(Spec(), "second").ok());
}

TEST_F(ServerApi, AFullDiskRefusesUploadsAndJobsAndLosesNothing) {
  const v1::Job before = RunJob(Spec());
  server_.Stop();
  server_.flags = {"--reserve-bytes", std::to_string(1LL << 60)};
  server_.Start();
  EXPECT_EQ(Code(client_.Upload("new bytes").status()),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Code(client_.CreateJob(Spec()).status()),
            absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(client_.GetRun(before.run_id()).ok());
}

TEST_F(ServerApi, AFileLimitIsAFullDiskNotACrash) {
  server_.Stop();
  server_.file_limit_bytes = 600'000;  // the database still fits, blobs do not
  server_.Start();
  EXPECT_EQ(Code(client_.Upload(std::string(1'000'000, 'z')).status()),
            absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(client_.Upload(std::string(1000, 'z')).ok());
  EXPECT_TRUE(std::filesystem::is_empty(server_.data() / "blobs" / "incoming"));
  EXPECT_TRUE(client_.CreateJob(Spec()).ok());
}

TEST_F(ServerApi, StopsWithinSecondsAndTellsWatchers) {
  const auto job = client_.CreateJob(Spec());
  ASSERT_TRUE(job.ok());
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(server_.Stop(), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(Code(agent_.StreamStatus()), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace tinyrig::servertest
