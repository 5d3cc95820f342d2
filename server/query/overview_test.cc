// Overview, trend and tallies over a real database: what comes, what goes,
// what was brought from elsewhere; and how SQLite goes about each question.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "server/query/query_api.h"
#include "server/store/sqlite_store.h"

namespace tinyrig::server {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::Not;

class OverviewTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto store = SqliteStore::Open(path_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    v1::AgentHello hello;
    hello.set_agent_id("a");
    ASSERT_TRUE(store_->PutAgent(hello, 1).ok());
    v1::Board board;
    board.set_name("a/b");
    board.set_agent_id("a");
    board.set_board_id("f746");
    ASSERT_TRUE(store_->PutBoard(board, 1).ok());
    ASSERT_TRUE(store_->AddBlob("model", 5, 1).ok());
    auto queries = QueryApi::Open(path_, AllowAll());
    ASSERT_TRUE(queries.ok()) << queries.status();
    queries_ = *std::move(queries);
  }

  int64_t Job() {
    JobRecord record;
    record.job.set_request_id(std::to_string(++requests_));
    record.job.mutable_spec()->set_model_sha256("model");
    record.job.mutable_spec()->set_board_id("f746");
    record.job.set_artifact_sha256("artifact");
    return store_->AddJob(record).value_or(-1);
  }
  /// The id of a run that was made at this time.
  int64_t Run(int64_t create_us, v1::Origin origin, int64_t cycles,
              const std::string& engine = "e1",
              const std::string& model = "kws") {
    const int64_t job = Job();
    const auto fence = store_->AddLease({job, "a", "a/b", 1});
    EXPECT_TRUE(fence.ok()) << fence.status();
    v1::Run run;
    run.set_model_name(model);
    run.set_board_id("f746");
    run.set_submitter(submitter_);
    run.set_dataset_name(dataset_);
    run.set_origin(origin);
    run.mutable_environment()->set_clock_hz(1'000'000);
    run.mutable_environment()->set_engine_version(engine);
    run.mutable_latency()->set_cycles_p50(cycles);
    run.mutable_memory()->set_arena_bytes(cycles * 2);
    const auto id = store_->AddRun(run, job, fence.value_or(0), create_us);
    EXPECT_TRUE(id.ok()) << id.status();
    return id.value_or(-1);
  }
  void Exec(const std::string& sql) {
    auto database = Database::Open(path_, Database::Mode::kReadWrite);
    ASSERT_TRUE(database.ok());
    const absl::Status status = database->Exec(sql.c_str());
    ASSERT_TRUE(status.ok()) << status;
  }
  v1::Overview Overview(const std::string& filter = "") {
    v1::GetOverviewRequest request;
    request.set_filter(filter);
    const auto overview = queries_->GetOverview({"test"}, request);
    EXPECT_TRUE(overview.ok()) << overview.status();
    return overview.value_or(v1::Overview());
  }
  v1::Trend Trend(const std::string& metric, int limit = 0) {
    v1::GetTrendRequest request;
    request.set_model_name("kws");
    request.set_board_id("f746");
    request.set_metric(metric);
    request.set_limit(limit);
    const auto trend = queries_->GetTrend({"test"}, request);
    EXPECT_TRUE(trend.ok()) << trend.status();
    return trend.value_or(v1::Trend());
  }
  std::string PlanOf(const std::string& sql) {
    auto database = Database::Open(path_, Database::Mode::kReadOnly);
    auto row = database->Select(("EXPLAIN QUERY PLAN " + sql).c_str());
    EXPECT_TRUE(row.ok()) << row.status();
    std::string plan;
    while (row.ok() && row->Step().value_or(false)) {
      plan += row->Bytes(3) + "\n";
    }
    return plan;
  }

  base::TempDir folder_ = *base::TempDir::Create();
  std::filesystem::path path_ = folder_.path() / "t.db";
  std::unique_ptr<SqliteStore> store_;
  std::unique_ptr<QueryApi> queries_;
  int requests_ = 0;
  std::string submitter_ = "ann", dataset_ = "words";  ///< of runs to come
};

std::string Name(int64_t run) {
  return "r-" + std::to_string(run);
}

TEST_F(OverviewTest, TheNewestByTimeIsSetAgainstItsOwnOriginOnly) {
  const int64_t before = Run(100, v1::MEASURED, 50);
  Run(200, v1::EMULATED, 7);
  const int64_t newest = Run(300, v1::MEASURED, 100);
  Run(50, v1::MEASURED, 1);  // brought from another server, long ago
  const v1::Overview overview = Overview();
  ASSERT_EQ(overview.cells_size(), 1);
  const v1::OverviewCell& cell = overview.cells(0);
  EXPECT_EQ(cell.run_id(), Name(newest));
  EXPECT_EQ(cell.previous_run_id(), Name(before));
  EXPECT_DOUBLE_EQ(cell.us_p50_change(), 1.0);
  EXPECT_THAT(cell.sparkline_us_p50(), ElementsAre(1.0, 50.0, 100.0));
  EXPECT_EQ(cell.run_count(), 4);
  EXPECT_EQ(overview.run_count(), 4);
  EXPECT_EQ(overview.job_count(), 4);
}

TEST_F(OverviewTest, WhatIsDeletedIsGoneFromTheOverviewToo) {
  const int64_t first = Run(100, v1::MEASURED, 50);
  const int64_t second = Run(200, v1::MEASURED, 60);
  ASSERT_EQ(Overview().cells(0).run_id(), Name(second));
  const auto remove = [&](int64_t run) {
    const std::string id = std::to_string(run);
    Exec("DELETE FROM runs WHERE id = " + id);
  };
  remove(second);
  EXPECT_EQ(Overview().cells(0).run_id(), Name(first));
  EXPECT_EQ(Overview().run_count(), 1);
  EXPECT_EQ(queries_->Count()->run_count, 1);
  remove(first);
  EXPECT_EQ(Overview().cells_size(), 0);
  EXPECT_EQ(Overview().model_names_size(), 0);
  const int64_t third = Run(300, v1::EMULATED, 9);
  EXPECT_EQ(Overview().cells(0).run_id(), Name(third));
  EXPECT_EQ(Overview().cells(0).previous_run_id(), "");
}

TEST_F(OverviewTest, FiltersChooseCellsOriginsOrRuns) {
  const int64_t measured = Run(100, v1::MEASURED, 50);
  const int64_t emulated = Run(200, v1::EMULATED, 60);
  const int64_t slow = Run(300, v1::EMULATED, 900, "e1", "vww");
  EXPECT_EQ(Overview("origin = MEASURED").cells(0).run_id(), Name(measured));
  EXPECT_EQ(Overview("origin = MEASURED").run_count(), 1);
  EXPECT_EQ(Overview("NOT origin = MEASURED").run_count(), 2);
  const v1::Overview vww = Overview("model_name = vww");
  ASSERT_EQ(vww.cells_size(), 1);
  EXPECT_EQ(vww.cells(0).run_id(), Name(slow));
  const v1::Overview fast = Overview("us_p50 < 100us");
  ASSERT_EQ(fast.cells_size(), 1);
  EXPECT_EQ(fast.cells(0).run_id(), Name(emulated));
  EXPECT_EQ(fast.cells(0).run_count(), 2);
}

// The same question, run by run: what the groups answer must be this.
TEST_F(OverviewTest, FiltersByGroupsSayWhatTheRunsSay) {
  for (int i = 0; i < 240; ++i) {
    submitter_ = i % 7 == 0 ? "ann" : i % 40 == 5 ? "joe" : "bob";
    dataset_ = i % 2 == 0 ? "words" : "";
    Run(1000 + i * 37 % 240, i % 3 == 0 ? v1::MEASURED : v1::EMULATED, i + 1,
        "e1", i % 5 == 0 ? "vww" : "kws");
  }
  const auto expect = [&](const std::string& filter, const std::string& sql) {
    const v1::Overview overview = Overview(filter);
    auto database = Database::Open(path_, Database::Mode::kReadOnly);
    int64_t seen = 0;
    for (const v1::OverviewCell& cell : overview.cells()) {
      auto row = database->Select(
          ("SELECT id, origin, cycles_p50 FROM runs WHERE model_name = ? AND "
           "(" +
           sql + ") ORDER BY create_us DESC, id DESC")
              .c_str(),
          cell.model_name());
      std::vector<double> us;
      std::vector<int64_t> ids;
      int64_t count = 0;
      while (row.ok() && row->Step().value_or(false)) {
        ++count;
        if (row->Int(1) == cell.origin() && us.size() < 20) {
          us.insert(us.begin(), static_cast<double>(row->Int(2)));
          ids.push_back(row->Int(0));
        }
      }
      ASSERT_FALSE(ids.empty()) << filter;
      EXPECT_EQ(cell.run_id(), Name(ids[0])) << filter;
      EXPECT_EQ(cell.previous_run_id(), ids.size() > 1 ? Name(ids[1]) : "");
      EXPECT_EQ(cell.run_count(), count) << filter;
      EXPECT_THAT(cell.sparkline_us_p50(), ElementsAreArray(us)) << filter;
      seen += count;
    }
    auto all =
        database->Select(("SELECT count(*) FROM runs WHERE " + sql).c_str());
    ASSERT_TRUE(all.ok() && all->Step().ok());
    EXPECT_EQ(seen, all->Int(0)) << filter;
    EXPECT_GT(seen, 0) << filter;
  };
  const std::pair<const char*, const char*> filters[] = {
      {"submitter = ann", "submitter = 'ann'"},
      {"submitter = joe", "submitter = 'joe'"},
      {"NOT submitter = joe", "submitter <> 'joe'"},
      {"dataset_name = words", "dataset_name = 'words'"},
      {"submitter = ann AND origin = MEASURED",
       "submitter = 'ann' AND origin = 1"},
      {"submitter = joe AND us_p50 < 150us",
       "submitter = 'joe' AND cycles_p50 < 150"},
      {"us_p50 < 9us", "cycles_p50 < 9"},
      {"model_name = kws OR submitter = ann",
       "model_name = 'kws' OR submitter = 'ann'"},
      {"submitter = ann OR cycles_p50 = 2",
       "submitter = 'ann' OR cycles_p50 = 2"},
  };
  for (const auto& [filter, sql] : filters) {
    expect(filter, sql);
  }
  Exec("DELETE FROM runs WHERE submitter = 'joe' AND id > 100");
  expect("submitter = joe", "submitter = 'joe'");
  Exec("DELETE FROM runs WHERE submitter = 'joe'");
  EXPECT_EQ(Overview("submitter = joe").cells_size(), 0);
}

TEST_F(OverviewTest, ATrendGoesByTimeAndSaysWhatChanged) {
  Run(300, v1::EMULATED, 30, "e2");
  Run(100, v1::EMULATED, 10, "e1");
  Run(200, v1::MEASURED, 20, "e1");
  const v1::Trend trend = Trend("cycles_p50");
  ASSERT_EQ(trend.points_size(), 3);
  EXPECT_EQ(trend.points(0).value(), 10);
  EXPECT_EQ(trend.points(1).value(), 20);
  EXPECT_EQ(trend.points(1).environment_changes_size(), 0);
  EXPECT_EQ(trend.points(2).value(), 30);
  EXPECT_THAT(trend.points(2).environment_changes(),
              ElementsAre("engine_version"));
  EXPECT_EQ(Trend("arena_bytes", 2).points(0).value(), 40);
  EXPECT_EQ(Trend("us_p50").points(0).value(), 10);
  EXPECT_EQ(Trend("top1").points_size(), 0);
  // A run stored without its environment's row has it in its detail.
  Exec("UPDATE runs SET environment_id = 0");
  EXPECT_THAT(Trend("cycles_p50").points(2).environment_changes(),
              ElementsAre("engine_version"));
}

TEST_F(OverviewTest, TalliesFollowEachStep) {
  const int64_t job = Job();
  EXPECT_EQ(queries_->Count()->jobs[v1::Job::QUEUED], 1);
  Ending ending{.job_id = job, .next = v1::Job::FAILED};
  ending.failure.set_failure_class(v1::LAB);
  ASSERT_TRUE(store_->EndAttempt(ending, {v1::Job::QUEUED}).ok());
  auto tallies = *queries_->Count();
  EXPECT_EQ(tallies.jobs[v1::Job::QUEUED], 0);
  EXPECT_EQ(tallies.jobs[v1::Job::FAILED], 1);
  EXPECT_EQ(tallies.failures[v1::LAB], 1);
  Exec("DELETE FROM jobs");
  tallies = *queries_->Count();
  EXPECT_EQ(tallies.jobs[v1::Job::FAILED], 0);
  EXPECT_EQ(tallies.failures[v1::LAB], 0);
}

// What must stay quick with a million runs reads one index, and no row of
// `runs` beyond those that it shows.
TEST_F(OverviewTest, NoQuestionScansATable) {
  const std::string cell = "model_name = 'm' AND board_id = 'b' AND origin = 1";
  for (const std::string& sql : {
           "SELECT id, create_us, cycles_p50, clock_hz FROM runs WHERE " +
               cell + " ORDER BY create_us DESC, id DESC LIMIT 20",
           "SELECT create_us, id, environment_id, arena_bytes FROM runs "
           "WHERE " +
               cell + " ORDER BY create_us DESC, id DESC LIMIT 5000",
           "SELECT create_us, id, environment_id, correct * 1.0 / total FROM "
           "runs WHERE " +
               cell + " AND total > 0 ORDER BY create_us DESC, id DESC LIMIT 9",
       }) {
    EXPECT_THAT(PlanOf(sql), HasSubstr("USING COVERING INDEX runs_series"));
    EXPECT_THAT(PlanOf(sql), Not(HasSubstr("TEMP B-TREE"))) << sql;
  }
  for (const std::string& sql : {
           std::string("SELECT model_name FROM run_cells WHERE revision > 9 "
                       "ORDER BY revision"),
           std::string("SELECT origin FROM run_cells WHERE model_name = 'm' "
                       "AND board_id = 'b'"),
           std::string("SELECT create_us, id, cycles_p50, clock_hz FROM runs "
                       "WHERE group_id = 1 "
                       "ORDER BY create_us DESC, id DESC LIMIT 20"),
           std::string("SELECT id FROM jobs WHERE state = 1 ORDER BY id"),
           std::string("SELECT job_id FROM leases WHERE end_us = 0"),
           std::string("SELECT * FROM predictions WHERE job_id = 1 ORDER BY "
                       "sample_index LIMIT 50"),
           std::string("SELECT * FROM run_layers WHERE run_id = 1 ORDER BY "
                       "layer_index"),
           std::string("SELECT * FROM run_samples WHERE run_id = 1 ORDER BY "
                       "sample_index"),
       }) {
    // The index of live leases holds nothing else.
    EXPECT_THAT(PlanOf(sql),
                AnyOf(HasSubstr("SEARCH"), HasSubstr("INDEX leases_live_job")))
        << sql;
    EXPECT_THAT(PlanOf(sql), Not(HasSubstr("TEMP B-TREE"))) << sql;
  }
}

}  // namespace
}  // namespace tinyrig::server
