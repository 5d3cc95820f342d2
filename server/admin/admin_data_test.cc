// Backup, collection, check and restore on a real store and real blob files,
// without a server around them: races and kills that only a hook can time.
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "server/admin/backup.h"
#include "server/admin/baselines.h"
#include "server/admin/collect.h"
#include "server/admin/integrity.h"
#include "server/admin/restore.h"
#include "server/store/sqlite_store.h"

namespace tinyrig::server {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using Job = v1::Job;

constexpr int64_t kDayUs = 24LL * 3600 * 1'000'000;

// A lab's data with finished runs, and a clock that moves when told.
class AdminTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(Data());
    auto store = SqliteStore::Open(Data() / "tinyrig.db");
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    blobs_ = std::make_unique<BlobStore>(*BlobStore::Open(
        Data() / "blobs", {.max_blob_bytes = 1 << 20, .reserve_bytes = 0}));
    v1::AgentHello hello;
    hello.set_agent_id("a");
    ASSERT_TRUE(store_->PutAgent(hello, 1).ok());
    v1::Board board;
    board.set_name("a/b1");
    board.set_agent_id("a");
    board.set_board_id("f746");
    ASSERT_TRUE(store_->PutBoard(board, 1).ok());
  }
  [[nodiscard]] fs::path Data() const { return folder_.path() / "data"; }
  [[nodiscard]] fs::path BackupFolder() const {
    return folder_.path() / "backup";
  }

  std::string Put(const std::string& bytes) {
    const auto sha256 = blobs_->Put(bytes);
    EXPECT_TRUE(sha256.ok()) << sha256.status();
    EXPECT_TRUE(store_
                    ->AddBlob(*sha256, static_cast<int64_t>(bytes.size()),
                              clock_.UnixMicros())
                    .ok());
    return *sha256;
  }
  int64_t AddJob(const std::string& model, int64_t samples) {
    JobRecord record;
    record.job.set_request_id("q" + std::to_string(++next_));
    v1::JobSpec& spec = *record.job.mutable_spec();
    spec.set_model_sha256(Put(model));
    spec.set_model_name(model);
    spec.set_board_id("f746");
    record.sample_count = samples;
    record.create_us = clock_.UnixMicros();
    return store_->AddJob(record).value_or(-1);
  }
  // A job to its end; the number of its run.
  int64_t AddRun(const std::string& model, int64_t samples = 3) {
    const int64_t id = AddJob(model, samples);
    const std::string artifact = Put("artifact of " + model);
    EXPECT_TRUE(store_->BeginCompile(id, clock_.UnixMicros()).ok());
    EXPECT_TRUE(
        store_->EndCompile(id, artifact, false, clock_.UnixMicros()).ok());
    const auto fence = store_->AddLease({id, "a", "a/b1", clock_.UnixMicros()});
    EXPECT_TRUE(fence.ok()) << fence.status();
    std::vector<v1::Prediction> batch;
    for (int64_t i = 0; i < samples; ++i) {
      batch.emplace_back().set_sample_index(i);
    }
    EXPECT_TRUE(store_->AddPredictions(id, *fence, batch).ok());
    v1::Run run;
    run.set_model_name(model);
    run.set_board_id("f746");
    run.set_origin(v1::EMULATED);
    run.mutable_latency()->add_cycles(9);
    run.add_layers()->set_cycles(4);
    const auto added = store_->AddRun(run, id, *fence, clock_.UnixMicros());
    EXPECT_TRUE(added.ok()) << added.status();
    return added.value_or(-1);
  }
  v1::CollectGarbageResponse Collect(int64_t days, int64_t runs,
                                     bool dry_run = false) {
    auto response =
        Collector({.store = *store_,
                   .blobs = *blobs_,
                   .clock = clock_,
                   .database = Data() / "tinyrig.db",
                   .gone = gone_})
            .Collect({.keep_days = days, .keep_runs_per_cell = runs}, dry_run,
                     false);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.value_or(v1::CollectGarbageResponse());
  }
  absl::Status Backup(const ProgressSink& sink = [](const auto&) {
    return true;
  }) {
    return BackupJob({.database = Data() / "tinyrig.db",
                      .blobs = Data() / "blobs",
                      .clock = clock_},
                     BackupFolder(), sink)
        .Run();
  }
  v1::CheckIntegrityResponse Check() {
    auto response = IntegrityCheck({.database = Data() / "tinyrig.db",
                                    .blobs = Data() / "blobs",
                                    .clock = clock_})
                        .Run(true);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.value_or(v1::CheckIntegrityResponse());
  }
  size_t RunCount(const fs::path& data) {
    auto database =
        Database::Open(data / "tinyrig.db", Database::Mode::kReadOnly);
    EXPECT_TRUE(database.ok()) << database.status();
    auto row = database->Select("SELECT count(*) FROM runs");
    EXPECT_TRUE(row.ok() && row->Step().ok());
    return static_cast<size_t>(row->Int(0));
  }

  base::TempDir folder_ = *base::TempDir::Create("admin-test");
  // The files' times are real, so the clock begins there.
  base::ManualClock clock_{base::SystemClock().UnixMicros()};
  std::unique_ptr<SqliteStore> store_;
  std::unique_ptr<BlobStore> blobs_;
  std::function<bool()> gone_;
  int next_ = 0;
};

TEST_F(AdminTest, CollectsWhatIsOldAndNothingThatIsNamed) {
  const int64_t first = AddRun("m");
  AddRun("m");
  AddRun("m");
  const int64_t other = AddRun("n");
  const std::string loose = Put("loose");
  ASSERT_TRUE(store_
                  ->Change([&](Database& writer) {
                    return PutBaseline(writer, "gold", first, 5).status();
                  })
                  .ok());
  clock_.Advance(50 * kDayUs);
  const std::string fresh = Put("fresh");
  const int64_t waiting = AddJob("w", 0);
  const auto dry = Collect(30, 1, true);
  EXPECT_EQ(RunCount(Data()), 4u);
  const auto wet = Collect(30, 1);
  EXPECT_EQ(dry.deleted_run_count(), 1);
  EXPECT_EQ(wet.deleted_run_count(), 1);
  EXPECT_EQ(dry.deleted_job_count(), wet.deleted_job_count());
  EXPECT_EQ(dry.deleted_blob_count(), 1);
  EXPECT_EQ(wet.deleted_blob_count(), 1);
  EXPECT_EQ(wet.freed_blob_bytes(), 5);
  EXPECT_EQ(dry.freed_blob_bytes(), 5);
  EXPECT_EQ(wet.kept_run_count(), 3);
  EXPECT_TRUE(store_->GetRun(first).ok());
  EXPECT_TRUE(store_->GetRun(other).ok());
  EXPECT_TRUE(store_->GetJob(waiting).ok());
  EXPECT_FALSE(blobs_->Find(loose).ok());
  EXPECT_TRUE(blobs_->Find(fresh).ok());
  EXPECT_EQ(Check().finding_count(), 0) << Check().DebugString();
}

TEST_F(AdminTest, AModelGoesWithItsLastRun) {
  AddRun("old");
  clock_.Advance(50 * kDayUs);
  AddRun("old");  // the newest of its cell keeps model and artifact
  EXPECT_EQ(Collect(30, 1).deleted_blob_count(), 0);
  // Compile cache entries count as names until they are old themselves.
  const std::string artifact = Put("artifact of cached");
  ASSERT_TRUE(store_
                  ->CacheArtifact({"model", "f746", "speed", "1"}, artifact,
                                  clock_.UnixMicros())
                  .ok());
  clock_.Advance(5 * kDayUs);
  EXPECT_EQ(Collect(30, 1).deleted_blob_count(), 0);
  clock_.Advance(30 * kDayUs);
  EXPECT_EQ(Collect(30, 1, true).deleted_blob_count(), 1);
  EXPECT_EQ(Collect(30, 1).deleted_blob_count(), 1);
  EXPECT_FALSE(
      store_->CachedArtifact({"model", "f746", "speed", "1"})->has_value());
}

// A dispatcher found the artifact in the cache; the collection was faster.
TEST_F(AdminTest, ACollectedArtifactCannotBeTaken) {
  const int64_t id = AddJob("m", 0);
  EXPECT_EQ(store_->EndCompile(id, std::string(64, 'e'), true, 5).code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(AdminTest, WhoHoldsABlobKeepsIt) {
  const std::string loose = Put("loose");
  clock_.Advance(3 * kDayUs);
  int64_t deleted = -1;
  std::thread collector;
  {
    const auto hold = blobs_->Hold();
    collector =
        std::thread([&] { deleted = Collect(1, 1).deleted_blob_count(); });
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ASSERT_TRUE(blobs_->Find(loose).ok());
    Put("loose");  // an upload that finds it there
  }
  collector.join();
  EXPECT_EQ(deleted, 0);
  EXPECT_TRUE(blobs_->Find(loose).ok());
  clock_.Advance(3 * kDayUs);
  EXPECT_EQ(Collect(1, 1).deleted_blob_count(), 1);
}

TEST_F(AdminTest, AStoppedCollectionIsTakenUpAgain) {
  for (int i = 0; i < 4; ++i) {
    AddRun("m", 1200);  // more predictions than one slice takes
  }
  clock_.Advance(50 * kDayUs);
  for (int pauses = 0; pauses < 200; ++pauses) {
    int left = pauses;
    gone_ = [&left] { return left-- <= 0; };
    const auto response =
        Collector({.store = *store_,
                   .blobs = *blobs_,
                   .clock = clock_,
                   .database = Data() / "tinyrig.db",
                   .gone = gone_})
            .Collect({.keep_days = 30, .keep_runs_per_cell = 1}, false, false);
    EXPECT_TRUE(Check().ok()) << Check().DebugString();
    if (response.ok()) {
      break;
    }
    EXPECT_EQ(response.status().code(), absl::StatusCode::kCancelled);
  }
  EXPECT_EQ(RunCount(Data()), 1u);
  EXPECT_EQ(Check().finding_count(), 0) << Check().DebugString();
}

TEST_F(AdminTest, ABackupIsOneMomentWhileOthersWrite) {
  for (int i = 0; i < 5; ++i) {
    AddRun("m");
  }
  {  // more pages than one step copies
    auto database =
        Database::Open(Data() / "tinyrig.db", Database::Mode::kReadWrite);
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE(
        database
            ->Exec(
                "INSERT INTO meta VALUES ('ballast', hex(zeroblob(2 << 20)))")
            .ok());
  }
  bool wrote = false;
  ASSERT_TRUE(Backup([&](const v1::BackupProgress& progress) {
                if (progress.step() == "database" && !wrote) {
                  wrote = true;
                  AddRun("late");
                }
                return true;
              }).ok());
  EXPECT_TRUE(wrote);
  const fs::path fresh = folder_.path() / "fresh";
  fs::create_directories(fresh);
  const auto report =
      RestoreBackup({.backup = BackupFolder(), .data = fresh}, clock_);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(RunCount(fresh), 5u);
  EXPECT_TRUE(report->moved_to.empty());
}

TEST_F(AdminTest, ACallerThatGoesLeavesNothing) {
  AddRun("m");
  for (const char* step : {"database", "blobs", "verify"}) {
    const absl::Status status = Backup([&](const v1::BackupProgress& progress) {
      return progress.step() != step;
    });
    EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << step << status;
    EXPECT_FALSE(fs::exists(BackupFolder())) << step;
  }
  EXPECT_TRUE(Backup().ok());
}

TEST_F(AdminTest, ARestoreThatWasKilledIsCompletedByWhoComesNext) {
  AddRun("m");
  ASSERT_TRUE(Backup().ok());
  AddRun("m");
  AddRun("m");
  store_.reset();
  // As after a kill behind the moment of change: the copy is there, and any
  // part of it may have been moved already.
  for (const int moved : {0, 1, 2, 3}) {
    const fs::path data = folder_.path() / ("killed" + std::to_string(moved));
    const fs::path incoming = data / "restore-incoming";
    const fs::path old = data / "before-restore-x";
    fs::copy(Data(), data, fs::copy_options::recursive);
    fs::create_directories(incoming);
    for (const auto& entry : fs::directory_iterator(BackupFolder())) {
      if (entry.path().extension() == ".db") {
        fs::copy_file(entry.path(), incoming / "tinyrig.db");
      }
    }
    fs::copy(BackupFolder() / "blobs", incoming / "blobs",
             fs::copy_options::recursive);
    std::ofstream(data / "restore-pending") << "before-restore-x\n";
    fs::create_directories(old);
    if (moved >= 1) {
      fs::rename(data / "tinyrig.db", old / "tinyrig.db");
    }
    if (moved >= 2) {
      fs::rename(incoming / "tinyrig.db", data / "tinyrig.db");
    }
    if (moved >= 3) {
      fs::rename(data / "blobs", old / "blobs");
    }
    ASSERT_TRUE(FinishRestore(data).ok()) << moved;
    ASSERT_TRUE(FinishRestore(data).ok()) << "again";
    EXPECT_EQ(RunCount(data), 1u) << moved;
    EXPECT_EQ(RunCount(old), 3u) << moved;
    EXPECT_TRUE(fs::exists(old / "blobs"));
    EXPECT_FALSE(fs::exists(incoming));
    EXPECT_FALSE(fs::exists(data / "restore-pending"));
  }
}

TEST_F(AdminTest, HalfACopyIsRemovedAndTheOldStays) {
  AddRun("m");
  fs::create_directories(Data() / "restore-incoming" / "blobs");
  ASSERT_TRUE(FinishRestore(Data()).ok());
  EXPECT_FALSE(fs::exists(Data() / "restore-incoming"));
  EXPECT_EQ(RunCount(Data()), 1u);
}

TEST_F(AdminTest, AManifestThatLiesIsRefused) {
  AddRun("m");
  ASSERT_TRUE(Backup().ok());
  const auto good = base::ReadTextFile(BackupFolder() / "manifest.json");
  ASSERT_TRUE(good.ok());
  const fs::path fresh = folder_.path() / "fresh";
  fs::create_directories(fresh);
  for (const char* bad :
       {"", "[]", "{}", "no json", "{\"format_version\": 1}",
        "{\"format_version\": 99}",
        "{\"format_version\": 1, \"database\": \"../../etc/passwd\"}"}) {
    ASSERT_TRUE(
        base::WriteFileAtomic(BackupFolder() / "manifest.json", bad).ok());
    const auto report =
        RestoreBackup({.backup = BackupFolder(), .data = fresh}, clock_);
    EXPECT_FALSE(report.ok()) << bad;
    EXPECT_TRUE(fs::is_empty(fresh)) << bad;
  }
}

}  // namespace
}  // namespace tinyrig::server
