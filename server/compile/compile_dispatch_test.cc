// From a waiting job to its artifact: cache, compiler, what comes back.
#include "server/compile/compile_dispatch.h"

#include <condition_variable>
#include <map>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "server/store/sqlite_store.h"
#include "server/testing/fabricate.h"

namespace tinyrig::server {
namespace {

using servertest::kF746;
using servertest::MakeArtifact;
using servertest::Sha;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A compiler that gives what a test says, when it says so.
class ScriptedBuilder : public Builder {
 public:
  absl::StatusOr<std::string> EngineVersion() override { return version; }
  CompileResult Compile(const CompileRequest& request) override {
    request.on_line("planning");
    request.on_line("a warning");
    std::unique_lock lock(mutex);
    ++compile_count;
    changed.notify_all();
    changed.wait(lock, [this] { return !hold; });
    return result;
  }
  void Release() {
    const std::lock_guard lock(mutex);
    hold = false;
    changed.notify_all();
  }
  void WaitForCompile() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return compile_count > 0; });
  }

  std::string version = "v1";
  CompileResult result;
  std::mutex mutex;
  std::condition_variable changed;
  bool hold = false;
  int compile_count = 0;
};

// The jobs as the lab would change them, with a lock of its own.
class RecordedJobs : public CompilingJobs {
 public:
  explicit RecordedJobs(Store& store) : store_(store) {}
  absl::Status Fail(const JobRecord& job, const v1::Failure& failure) override {
    if (!refusal.ok()) {
      return refusal;
    }
    failures[job.id] = failure;
    return store_.EndAttempt(
        {.job_id = job.id, .next = v1::Job::FAILED, .failure = failure},
        {v1::Job::QUEUED, v1::Job::COMPILING});
  }
  void SetProgress(int64_t /*job_id*/, const v1::Progress& progress) override {
    steps.push_back(progress.step());
  }
  void Log(int64_t /*job_id*/, const std::string& line) override {
    lines.push_back(line);
  }
  void Changed(int64_t /*job_id*/) override {}
  void CompileEnded(int64_t /*job_id*/) override {
    ++ended;
    changed.notify_all();
  }

  absl::Status refusal;
  std::map<int64_t, v1::Failure> failures;
  std::vector<std::string> steps, lines;
  int ended = 0;
  std::mutex mutex;
  std::condition_variable changed;

 private:
  Store& store_;
};

class CompileDispatchTest : public ::testing::Test {
 protected:
  CompileDispatchTest() {
    builder_.result.artifact = MakeArtifact(kF746);
    dispatch_.Start({.compile_jobs = 1});
  }
  ~CompileDispatchTest() override {
    builder_.Release();
    dispatch_.Stop();
  }
  std::string AddBlob(const std::string& bytes) {
    const std::string sha256 = *blobs_.Put(bytes);
    EXPECT_EQ(store_->AddBlob(sha256, static_cast<int64_t>(bytes.size()),
                              clock_.UnixMicros()),
              absl::OkStatus());
    return sha256;
  }
  // The model that MakeArtifact(kF746, salt) says it is made of.
  int64_t AddJob(const std::string& salt = "",
                 const std::string& dataset = "") {
    AddBlob("model" + salt);
    JobRecord record;
    record.job.set_request_id(absl::StrCat("r", ++request_));
    v1::JobSpec& spec = *record.job.mutable_spec();
    spec.set_model_sha256(Sha("model" + salt));
    spec.set_board_id(kF746);
    spec.set_timeout_s(60);
    spec.set_dataset(dataset);
    record.dataset_sha256 = dataset;
    return *store_->AddJob(record);
  }
  void Turn() {
    clock_.Advance(1'000'000);
    const std::lock_guard lock(jobs_.mutex);
    dispatch_.Turn(jobs_);
  }
  void WaitForEnds(int count) {
    std::unique_lock lock(jobs_.mutex);
    jobs_.changed.wait(lock, [&] { return jobs_.ended >= count; });
  }
  v1::Job Job(int64_t id) { return store_->GetJob(id)->job; }

  base::TempDir folder_ = *base::TempDir::Create();
  base::ManualClock clock_;
  std::unique_ptr<SqliteStore> store_ =
      *SqliteStore::Open(folder_.path() / "t.db");
  BlobStore blobs_ =
      *BlobStore::Open(folder_.path() / "blobs", {.reserve_bytes = 0});
  ModelCache models_{blobs_};
  ScriptedBuilder builder_;
  RecordedJobs jobs_{*store_};
  CompileDispatch dispatch_{
      {.store = *store_,
       .waiting = *store_,
       .blobs = blobs_,
       .models = models_,
       .builder = builder_,
       .clock = clock_,
       .lock_jobs = [this](const std::function<void(CompilingJobs&)>& change) {
         const std::lock_guard lock(jobs_.mutex);
         change(jobs_);
       }}};
  int request_ = 0;
};

TEST_F(CompileDispatchTest, AModelBecomesAnArtifactAndWaitsForABoard) {
  const int64_t id = AddJob();
  Turn();
  WaitForEnds(1);
  EXPECT_EQ(Job(id).state(), v1::Job::QUEUED);
  EXPECT_EQ(Job(id).artifact_sha256(), Sha(builder_.result.artifact));
  EXPECT_TRUE(blobs_.Find(Job(id).artifact_sha256()).ok());
  EXPECT_THAT(jobs_.steps, ElementsAre("plan"));
  EXPECT_THAT(jobs_.lines, ElementsAre("planning", "a warning"));
}

TEST_F(CompileDispatchTest, TheSameModelIsCompiledOnce) {
  AddJob();
  Turn();
  WaitForEnds(1);
  const int64_t second = AddJob();
  Turn();
  EXPECT_EQ(Job(second).artifact_sha256(), Sha(builder_.result.artifact));
  EXPECT_EQ(builder_.compile_count, 1);
}

TEST_F(CompileDispatchTest, ANewCompilerCompilesAgain) {
  AddJob();
  Turn();
  WaitForEnds(1);
  builder_.version = "v2";
  AddJob();
  Turn();
  WaitForEnds(2);
  EXPECT_EQ(builder_.compile_count, 2);
}

TEST_F(CompileDispatchTest, OneOfTwoEqualJobsWaitsForTheOther) {
  builder_.hold = true;
  const int64_t first = AddJob();
  const int64_t second = AddJob();
  Turn();
  builder_.WaitForCompile();
  EXPECT_EQ(Job(first).state(), v1::Job::COMPILING);
  EXPECT_EQ(Job(second).state(), v1::Job::QUEUED);
  builder_.Release();
  WaitForEnds(1);
  Turn();
  EXPECT_EQ(builder_.compile_count, 1);
  EXPECT_FALSE(Job(second).artifact_sha256().empty());
}

TEST_F(CompileDispatchTest, WithoutRoomAJobWaits) {
  builder_.hold = true;
  AddJob();
  const int64_t other = AddJob("other");
  Turn();
  builder_.WaitForCompile();
  Turn();
  EXPECT_EQ(Job(other).state(), v1::Job::QUEUED);
}

TEST_F(CompileDispatchTest, AFailureIsTheCompilersWord) {
  builder_.result = {};
  builder_.result.failure.set_failure_class(v1::MODEL);
  builder_.result.failure.set_message("op 3: LSTM");
  const int64_t id = AddJob();
  Turn();
  WaitForEnds(1);
  EXPECT_EQ(Job(id).state(), v1::Job::FAILED);
  EXPECT_EQ(Job(id).failure().message(), "op 3: LSTM");
}

TEST_F(CompileDispatchTest, AnArtifactOfAnotherModelIsAnInternalError) {
  builder_.result.artifact = MakeArtifact(kF746, "other");
  const int64_t id = AddJob();
  Turn();
  WaitForEnds(1);
  EXPECT_EQ(jobs_.failures.at(id).failure_class(), v1::INTERNAL);
}

TEST_F(CompileDispatchTest, AnEndThatTheDiskRefusedIsTriedAgain) {
  builder_.result = {};
  builder_.result.failure.set_failure_class(v1::MODEL);
  jobs_.refusal = absl::ResourceExhaustedError("the disk is full");
  const int64_t id = AddJob();
  Turn();
  WaitForEnds(1);
  EXPECT_EQ(Job(id).state(), v1::Job::COMPILING);
  jobs_.refusal = absl::OkStatus();
  Turn();
  EXPECT_EQ(Job(id).state(), v1::Job::FAILED);
}

TEST_F(CompileDispatchTest, ACancelledCompileEndsWithoutAFailure) {
  builder_.result = {.cancelled = true};
  const int64_t id = AddJob();
  Turn();
  WaitForEnds(1);
  EXPECT_THAT(jobs_.failures, IsEmpty());
  EXPECT_EQ(Job(id).state(), v1::Job::COMPILING) << "who cancels ends the job";
}

TEST_F(CompileDispatchTest, AJobThatEndedMeanwhileLeavesItsArtifactInTheCache) {
  builder_.hold = true;
  const int64_t id = AddJob();
  Turn();
  builder_.WaitForCompile();
  ASSERT_EQ(store_->EndAttempt({.job_id = id, .next = v1::Job::CANCELLED},
                               {v1::Job::COMPILING}),
            absl::OkStatus());
  builder_.Release();
  WaitForEnds(1);
  EXPECT_EQ(Job(id).state(), v1::Job::CANCELLED);
  const int64_t next = AddJob();
  Turn();
  EXPECT_FALSE(Job(next).artifact_sha256().empty());
  EXPECT_EQ(builder_.compile_count, 1);
}

TEST_F(CompileDispatchTest, ANewProcessLetsItsCompilesWaitAgain) {
  const int64_t id = AddJob();
  ASSERT_EQ(store_->BeginCompile(id, clock_.UnixMicros()), absl::OkStatus());
  EXPECT_EQ(dispatch_.TakeUp().value_or(0), 1U);
  EXPECT_EQ(Job(id).state(), v1::Job::QUEUED);
}

TEST_F(CompileDispatchTest, ADatasetOfAnotherShapeFailsBeforeFlashing) {
  v1::DatasetFile file = servertest::MakeDataset(4);
  file.set_sample_bytes(4);
  file.mutable_inputs()->resize(16);
  v1::Dataset small;
  small.set_name("small");
  small.set_sha256(AddBlob(servertest::Packed(file)));
  small.set_sample_count(4);
  small.set_sample_bytes(4);
  small.set_class_count(4);
  ASSERT_TRUE(store_->AddDataset(small, file, 1).ok());
  const int64_t first = AddJob("", small.sha256());
  Turn();
  WaitForEnds(1);
  EXPECT_EQ(Job(first).failure().failure_class(), v1::MODEL);
  const int64_t second = AddJob("", small.sha256());
  Turn();  // the cache has it, and it fits no better
  EXPECT_EQ(Job(second).failure().failure_class(), v1::MODEL);
  EXPECT_EQ(builder_.compile_count, 1);
}

TEST(ModelCache, KeepsTheModelWithoutItsImage) {
  const base::TempDir folder = *base::TempDir::Create();
  BlobStore blobs = *BlobStore::Open(folder.path(), {.reserve_bytes = 0});
  ModelCache models(blobs);
  const std::string sha256 = *blobs.Put(MakeArtifact(kF746));
  const auto model = models.Get(sha256);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->board_id(), kF746);
  EXPECT_TRUE((*model)->image().empty());
  EXPECT_EQ(*models.Get(sha256), *model) << "parsed once";
  for (int i = 0; i < 32; ++i) {
    ASSERT_TRUE(
        models.Get(*blobs.Put(MakeArtifact(kF746, absl::StrCat(i)))).ok());
  }
  EXPECT_NE(*models.Get(sha256), *model) << "only the last 32 are kept";
  EXPECT_EQ(models.Get(Sha("none")).status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace tinyrig::server
