// What only a store on a disk has: reopening, damage, a full disk. What all
// stores promise is in store_contract_test.cc.
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
  static std::vector<v1::Prediction> Batch(int64_t from, int64_t count) {
    std::vector<v1::Prediction> batch;
    for (int64_t i = from; i < from + count; ++i) {
      batch.emplace_back().set_sample_index(i);
      batch.back().set_output("out" + std::to_string(i));
    }
    return batch;
  }

  base::TempDir folder_ = *base::TempDir::Create();
  std::unique_ptr<SqliteStore> store_;
  int next_ = 0;
};

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
