// Positions and expected starts from a database, and what a long queue costs.
#include "server/lab/queue_view.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "base/file.h"
#include "server/store/sqlite_queue_reader.h"
#include "server/store/sqlite_store.h"

namespace tinyrig::server {
namespace {

constexpr int64_t kSecondUs = 1'000'000;

class QueueViewTest : public testing::Test {
 protected:
  QueueViewTest() {
    EXPECT_TRUE(SqliteStore::Open(path_, {}).ok());
    Sql("INSERT INTO agents VALUES ('a', 'i', 'v', 1)");
    reader_ = *SqliteQueueReader::Open(path_);
    view_ = std::make_unique<QueueView>(*reader_, base::SystemClock());
  }
  void Sql(const std::string& statement) {
    auto database = Database::Open(path_, Database::Mode::kReadWrite);
    ASSERT_TRUE(database->Exec("PRAGMA synchronous = OFF").ok());
    ASSERT_TRUE(database->Exec("PRAGMA foreign_keys = OFF").ok());
    const absl::Status status = database->Exec(statement.c_str());
    ASSERT_TRUE(status.ok()) << status;
  }
  // `count` rows from `first_id` with further columns by name.
  void Jobs(int64_t first_id, int64_t count, v1::Job::State state,
            const std::string& columns, const std::string& values) {
    Sql(absl::StrCat(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE "
        "i < ",
        count - 1,
        ") INSERT INTO jobs (id, request_id, board_id, model_sha256, "
        "model_name, submitter, priority, state, spec, dataset_sha256, "
        "sample_count, create_us",
        columns, ") SELECT ", first_id, " + i, ", first_id,
        " + i, 'f746', 'm' || (i % 7), 'm', 'ann' || (i % 200), 0, ", state,
        ", x'', '', 0, i", values, " FROM n"));
  }
  // Ten runs that held their boards for `seconds`.
  void Finished(int64_t seconds) {
    Jobs(1, 10, v1::Job::SUCCEEDED, ", lease_us, end_us",
         absl::StrCat(", 1000000, 1000000 + ", seconds * kSecondUs));
    Sql("INSERT INTO runs (job_id, model_name, model_sha256, board_id, "
        "board_name, dataset_name, dataset_sha256, submitter, origin, "
        "create_us, cycles_min, cycles_p50, cycles_p90, cycles_max, clock_hz, "
        "instructions, memory_bytes, flash_bytes, correct, total, detail) "
        "SELECT id, 'm', model_sha256, board_id, 'a/b', '', '', 'ann', 1, 1, "
        "1, 1, 1, 1, 1, 1, 1, 1, 0, 0, x'' FROM jobs WHERE id <= 10");
  }
  void Boards(int64_t count) {
    Sql(absl::StrCat(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE "
        "i < ",
        count - 1,
        ") INSERT INTO boards SELECT 'a/' || i, 'a', 'f746', '', 2, '', 1, 0, "
        "0, 0 FROM n"));
    for (int64_t i = 0; i < count; ++i) {
      up_.push_back(absl::StrCat("a/", i));
    }
  }
  v1::Job Shown(int64_t id) {
    v1::Job job;
    job.mutable_spec()->set_board_id("f746");
    view_->Show(id, &job);
    return job;
  }

  base::TempDir folder_ = *base::TempDir::Create("queue-view");
  std::filesystem::path path_ = folder_.path() / "t.db";
  std::unique_ptr<SqliteQueueReader> reader_;
  std::unique_ptr<QueueView> view_;
  std::vector<std::string> up_;
};

TEST_F(QueueViewTest, PositionsAndStartsOfThoseThatWait) {
  Finished(20);
  Boards(2);
  Jobs(100, 3, v1::Job::QUEUED, "", "");
  ASSERT_TRUE(view_->IsStale(true));
  view_->Refresh({"a/1"});
  EXPECT_FALSE(view_->IsStale(false));
  EXPECT_EQ(Shown(100).queue_position(), 1);
  EXPECT_EQ(Shown(102).queue_position(), 3);
  // Younger than the plan: behind it, in order of submission.
  EXPECT_EQ(Shown(777).queue_position(), 4);
  EXPECT_EQ(Shown(779).queue_position(), 5);
  EXPECT_EQ(Shown(778).queue_position(), 5);
  EXPECT_EQ(Shown(779).queue_position(), 6);
  EXPECT_NEAR(Shown(100).start_eta_s(), 0, 0.1);
  EXPECT_NEAR(Shown(102).start_eta_s(), 40, 1);
  Sql("UPDATE jobs SET state = 7 WHERE id = 100");
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  ASSERT_TRUE(view_->IsStale(false));
  view_->Refresh(up_);
  EXPECT_EQ(Shown(101).queue_position(), 1);
  EXPECT_NEAR(Shown(102).start_eta_s(), 0, 0.1);
  view_->Refresh({});  // no board takes jobs
  EXPECT_FALSE(Shown(102).has_start_eta_s());
}

TEST_F(QueueViewTest, ALongQueueRests) {
  Finished(20);
  Boards(1000);
  Jobs(100, 10'000, v1::Job::QUEUED, "", "");
  view_->Refresh(up_);
  EXPECT_EQ(view_->Latest()->order.size(), 10'000U);
  Sql("UPDATE jobs SET state = 7 WHERE id = 100");
  // Too long to be made while the lab is held up, and not at once again.
  EXPECT_FALSE(view_->IsStale(true));
}

}  // namespace
}  // namespace tinyrig::server
