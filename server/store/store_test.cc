// The store alone: migrations, states expected, fences, all-or-nothing.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "server/store/migrations.h"
#include "server/store/sqlite_store.h"

namespace tinyrig::server {
namespace {

using Job = v1::Job;
constexpr auto kWrongState = absl::StatusCode::kFailedPrecondition;

// Speaks of jobs and boards, not of rows.
class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Reopen({});
    v1::AgentHello hello;
    hello.set_agent_id("a");
    ASSERT_TRUE(store_->PutAgent(hello, 1).ok());
    PutBoard("a/b1", "uid1");
    ASSERT_TRUE(store_->AddBlob("model", 5, 1).ok());
    ASSERT_TRUE(store_->AddBlob("data", 5, 1).ok());
  }
  void Reopen(const SqliteStoreOptions& options) {
    store_.reset();
    auto store = SqliteStore::Open(folder_.path() / "t.db", options);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  void PutBoard(const std::string& name, const std::string& uid) {
    v1::Board board;
    board.set_name(name);
    board.set_agent_id("a");
    board.set_board_id("f746");
    board.set_uid(uid);
    ASSERT_TRUE(store_->PutBoard(board, 1).ok());
  }
  int64_t Queued(int64_t samples = 0, const std::string& request = "") {
    JobRecord record;
    record.job.set_request_id(request.empty() ? "r" + std::to_string(++next_)
                                              : request);
    record.job.mutable_spec()->set_model_sha256("model");
    record.job.mutable_spec()->set_board_id("f746");
    record.job.mutable_spec()->set_submitter("ann");
    record.dataset_sha256 = samples > 0 ? "data" : "";
    record.sample_count = samples;
    record.create_us = 10;
    return store_->AddJob(record).value_or(-1);
  }
  int64_t Compiled(int64_t samples = 0) {
    const int64_t id = Queued(samples);
    EXPECT_TRUE(store_->BeginCompile(id, 20).ok());
    EXPECT_TRUE(store_->EndCompile(id, "artifact", false, 50).ok());
    return id;
  }
  int64_t Lease(int64_t id, const std::string& board = "a/b1") {
    const auto fence = store_->AddLease({id, "a", board, 100});
    EXPECT_TRUE(fence.ok()) << fence.status();
    return fence.value_or(-1);
  }
  absl::Status Requeue(int64_t id, int64_t fence) {
    return store_->EndAttempt({.job_id = id,
                               .fence = fence,
                               .next = Job::QUEUED,
                               .end_reason = "agent lost",
                               .lost_count = 1,
                               .now_us = 160},
                              {Job::FLASHING, Job::RUNNING});
  }
  static std::vector<v1::Prediction> Batch(int64_t from, int64_t count) {
    std::vector<v1::Prediction> batch;
    for (int64_t i = from; i < from + count; ++i) {
      batch.emplace_back().set_sample_index(i);
      batch.back().set_output("out" + std::to_string(i));
    }
    return batch;
  }
  static v1::Run MakeRun() {
    v1::Run run;
    run.set_model_sha256("model");
    run.mutable_latency()->add_cycles(9);
    run.add_layers()->set_cycles(4);
    run.add_plan()->set_tensor("t");
    return run;
  }

  base::TempDir folder_ = *base::TempDir::Create();
  std::unique_ptr<SqliteStore> store_;
  int next_ = 0;
};

TEST_F(StoreTest, EveryWriteNamesTheStateItExpects) {
  const int64_t id = Queued();
  EXPECT_EQ(store_->EndCompile(id, "x", false, 1).code(), kWrongState);
  EXPECT_EQ(store_->AddLease({id, "a", "a/b1", 1}).status().code(),
            kWrongState);
  EXPECT_EQ(store_->RequestCancel(id).code(), kWrongState);
  ASSERT_TRUE(store_->BeginCompile(id, 20).ok());
  EXPECT_EQ(store_->BeginCompile(id, 21).code(), kWrongState);
  ASSERT_TRUE(store_->EndCompile(id, "x", false, 50).ok());
  EXPECT_EQ(store_->GetJob(id)->used_us, 30);
  EXPECT_EQ(store_->BeginCompile(id, 60).code(), kWrongState);
  const int64_t fence = Lease(id);
  EXPECT_EQ(fence, 1);
  EXPECT_EQ(store_->SetStage(id, fence + 1, Job::RUNNING).code(), kWrongState);
  EXPECT_TRUE(store_->SetStage(id, fence, Job::RUNNING).ok());
  EXPECT_EQ(Requeue(id, fence + 1).code(), kWrongState);
  EXPECT_TRUE(Requeue(id, fence).ok());
  EXPECT_EQ(Requeue(id, fence).code(), kWrongState);
  EXPECT_EQ(store_->GetJob(id)->used_us, 30 + 60);
  EXPECT_EQ(store_->GetJob(id)->lost_count, 1);
  EXPECT_EQ(Lease(id), 2);
}

TEST_F(StoreTest, ABoardHasOneLiveLease) {
  const int64_t first = Compiled();
  const int64_t second = Compiled();
  Lease(first);
  EXPECT_FALSE(store_->AddLease({second, "a", "a/b1", 1}).ok());
  EXPECT_EQ(store_->GetJob(second)->job.state(), Job::QUEUED) << "rolled back";
  EXPECT_EQ(store_->LiveLeases()->size(), 1U);
}

TEST_F(StoreTest, PredictionsAreStoredOnceAndInOrder) {
  const int64_t id = Compiled(10);
  const int64_t fence = Lease(id);
  EXPECT_EQ(store_->AddPredictions(id, fence, Batch(0, 4)).value_or(-1), 4);
  EXPECT_EQ(store_->AddPredictions(id, fence, Batch(2, 4)).value_or(-1), 6);
  EXPECT_EQ(store_->AddPredictions(id, fence, Batch(0, 3)).value_or(-1), 6);
  EXPECT_EQ(store_->AddPredictions(id, fence, Batch(7, 1)).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(store_->AddPredictions(id, fence, Batch(6, 5)).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(store_->AddPredictions(id, fence + 1, Batch(6, 1)).status().code(),
            kWrongState);
  EXPECT_EQ(store_->GetJob(id)->stored_samples, 6);
}

TEST_F(StoreTest, ProgressForgivesFormerLosses) {
  const int64_t id = Compiled(10);
  ASSERT_TRUE(Requeue(id, Lease(id)).ok());
  EXPECT_EQ(store_->GetJob(id)->lost_count, 1);
  const int64_t fence = Lease(id);
  ASSERT_TRUE(store_->AddPredictions(id, fence, Batch(0, 1)).ok());
  EXPECT_EQ(store_->GetJob(id)->lost_count, 0);
}

TEST_F(StoreTest, AnotherBoardBeginsAtTheFirstSample) {
  const int64_t id = Compiled(10);
  int64_t fence = Lease(id);
  ASSERT_TRUE(store_->AddPredictions(id, fence, Batch(0, 4)).ok());
  ASSERT_TRUE(Requeue(id, fence).ok());
  fence = Lease(id);  // the same board goes on
  EXPECT_EQ(store_->GetJob(id)->stored_samples, 4);
  ASSERT_TRUE(Requeue(id, fence).ok());
  PutBoard("a/b1", "uid2");  // the same name, another chip
  fence = Lease(id);
  EXPECT_EQ(store_->GetJob(id)->stored_samples, 0);
  EXPECT_EQ(store_->AddPredictions(id, fence, Batch(0, 2)).value_or(-1), 2);
}

TEST_F(StoreTest, ARunIsStoredWholeOrNotAtAll) {
  const int64_t id = Compiled(2);
  const int64_t fence = Lease(id);
  ASSERT_TRUE(store_->AddPredictions(id, fence, Batch(0, 1)).ok());
  EXPECT_EQ(store_->AddRun(MakeRun(), id, fence, 200).status().code(),
            kWrongState);
  ListRequest all;
  all.order = *ParseOrder("", RunOrderFields());
  EXPECT_EQ(store_->ListRuns(all)->rows.size(), 0U);
  ASSERT_TRUE(store_->AddPredictions(id, fence, Batch(1, 1)).ok());
  EXPECT_EQ(store_->AddRun(MakeRun(), id, fence + 1, 200).status().code(),
            kWrongState);
  const auto run = store_->AddRun(MakeRun(), id, fence, 200);
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(store_->AddRun(MakeRun(), id, fence, 200).status().code(),
            kWrongState);
  const auto back = store_->GetRun(*run);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->latency().cycles(0), 9);
  EXPECT_EQ(back->layers(0).cycles(), 4);
  EXPECT_EQ(back->plan(0).tensor(), "t");
  EXPECT_EQ(store_->GetJob(id)->job.state(), Job::SUCCEEDED);
  EXPECT_EQ(store_->LiveLeases()->size(), 0U);
  EXPECT_EQ(store_->GetBoard("a/b1")->finished_job_count(), 1);
}

TEST_F(StoreTest, ARequestIdIsTakenOncePerBoard) {
  EXPECT_GT(Queued(0, "req"), 0);
  EXPECT_EQ(Queued(0, "req"), -1);
  EXPECT_TRUE(store_->FindRequest("req", "f746")->has_value());
  EXPECT_FALSE(store_->FindRequest("req", "f412")->has_value());
}

TEST_F(StoreTest, ForeignKeysHold) {
  JobRecord record;
  record.job.mutable_spec()->set_model_sha256("never uploaded");
  EXPECT_FALSE(store_->AddJob(record).ok());
}

TEST_F(StoreTest, EverythingIsThereAfterAReopenAndTheCheckPasses) {
  const int64_t id = Compiled(2);
  const int64_t fence = Lease(id);
  Reopen({.check_integrity = true});
  EXPECT_EQ(store_->GetJob(id)->fence, fence);
  EXPECT_EQ(store_->LiveLeases()->size(), 1U);
}

// A large database would keep people waiting for minutes.
TEST_F(StoreTest, OnlySmallDatabasesAreCheckedAtStart) {
  const std::filesystem::path path = folder_.path() / "t.db";
  store_.reset();
  {
    auto database = Database::Open(path, Database::Mode::kReadWrite);
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE(
        database
            ->Exec("CREATE TABLE last (x); INSERT INTO last VALUES "
                   "(zeroblob(100000)); PRAGMA wal_checkpoint(TRUNCATE)")
            .ok());
  }
  const auto end = static_cast<int64_t>(std::filesystem::file_size(path));
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    const std::string rubbish(3 * 4096, '\xFF');
    file.seekp(end - static_cast<int64_t>(rubbish.size()));
    file << rubbish;
  }
  SqliteStoreOptions options{.check_integrity = true};
  EXPECT_EQ(SqliteStore::Open(path, options).status().code(),
            absl::StatusCode::kDataLoss);
  options.max_checked_bytes = end - 1;
  EXPECT_TRUE(SqliteStore::Open(path, options).ok());
}

TEST_F(StoreTest, AFullDiskIsSaidAndUndoneWhole) {
  const int64_t id = Compiled(100'000);
  const int64_t fence = Lease(id);
  Reopen({.max_page_count = 80});
  std::vector<v1::Prediction> batch = Batch(0, 3000);
  for (v1::Prediction& prediction : batch) {
    prediction.set_output(std::string(200, 'x'));
  }
  EXPECT_EQ(store_->AddPredictions(id, fence, batch).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(store_->GetJob(id)->stored_samples, 0);
  EXPECT_EQ(store_->AddPredictions(id, fence, Batch(0, 2)).value_or(-1), 2);
  Reopen({.check_integrity = true});
  EXPECT_EQ(store_->GetJob(id)->stored_samples, 2);
}

TEST_F(StoreTest, ANewerSchemaIsRefused) {
  store_.reset();
  {
    auto database =
        Database::Open(folder_.path() / "t.db", Database::Mode::kReadWrite);
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE(database->Exec("PRAGMA user_version=999").ok());
  }
  EXPECT_EQ(SqliteStore::Open(folder_.path() / "t.db").status().code(),
            kWrongState);
}

TEST_F(StoreTest, RubbishIsNoDatabase) {
  ASSERT_TRUE(
      base::WriteFileAtomic(folder_.path() / "x.db", std::string(5000, 'x'))
          .ok());
  EXPECT_EQ(SqliteStore::Open(folder_.path() / "x.db").status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace tinyrig::server
