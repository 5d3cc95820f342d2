// Lists: pages hold together while rows come and go; every way of finding a
// page gives the same rows as sorting everything.
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "server/request/resource_ids.h"
#include "server/store/sqlite_store.h"

namespace tinyrig::server {
namespace {

using testing::ElementsAre;

// Rows by SQL, on a connection beside the store's.
class ListTest : public testing::Test {
 protected:
  ListTest() : store_(*SqliteStore::Open(path_)) {
    EXPECT_TRUE(writer_.Exec("PRAGMA foreign_keys=OFF").ok());
  }

  struct RunRow {
    std::string model = "m", board = "b", dataset, submitter = "s";
    int64_t create_us = 1, cycles = 100, clock_hz = 1'000'000;
    int64_t flash_bytes = 1, correct = 0, total = 0;
  };
  void AddRun(int64_t id, const RunRow& row) {
    v1::Run run;
    run.set_model_name(row.model);
    run.set_board_id(row.board);
    const std::string detail = run.SerializeAsString();
    const absl::Status status =
        writer_
            .Run(
                "INSERT INTO runs (id, job_id, model_name, model_sha256, "
                "board_id, board_name, dataset_name, dataset_sha256, "
                "submitter, origin, create_us, cycles_min, cycles_p50, "
                "cycles_p90, cycles_max, clock_hz, instructions, memory_bytes, "
                "flash_bytes, correct, total, detail) VALUES (?1, ?1, ?2, 'x', "
                "?3, 'a/b', ?4, '', ?5, 2, ?6, ?7, ?7, ?7, ?7, ?8, 0, 5, ?9, "
                "?10, ?11, ?12)",
                id, row.model, row.board, row.dataset, row.submitter,
                row.create_us, row.cycles, row.clock_hz, row.flash_bytes,
                row.correct, row.total, Blob{detail})
            .status();
    EXPECT_TRUE(status.ok()) << status;
  }
  void AddJob(int64_t id, v1::Job::State state, int priority, int64_t end_us) {
    const std::string request = std::to_string(id);
    EXPECT_TRUE(writer_
                    .Run("INSERT INTO jobs (id, request_id, board_id, "
                         "model_sha256, model_name, submitter, priority, "
                         "state, spec, dataset_sha256, sample_count, "
                         "create_us, end_us) VALUES (?, ?, 'b', 'x', 'm', 's', "
                         "?, ?, x'', '', 0, 1, ?)",
                         id, request, priority, static_cast<int>(state), end_us)
                    .ok());
  }

  static ListRequest Runs(const std::string& filter, const std::string& order,
                          int limit = 1000) {
    return {.filter = *BindFilter(filter, RunFilterFields(), 0),
            .order = *ParseOrder(order, RunOrderFields()),
            .after = {},
            .limit = limit};
  }
  ListPage<v1::Run> Page(const ListRequest& request) {
    auto page = store_->ListRuns(request);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? *std::move(page) : ListPage<v1::Run>{};
  }
  static int64_t IdOf(const v1::Run& run) { return *ParseRunId(run.id()); }
  // Ids of all pages of this size, by tokens' way through text.
  std::vector<int64_t> Ids(const std::string& filter, const std::string& order,
                           int page_size = 1000) {
    ListRequest request = Runs(filter, order, page_size);
    std::vector<int64_t> ids;
    while (true) {
      const auto page = Page(request);
      for (const v1::Run& run : page.rows) {
        ids.push_back(IdOf(run));
      }
      if (!page.next.has_value() || ids.size() > 100'000) {
        return ids;
      }
      request.after = *DecodePlace(EncodePlace(*page.next), request.order);
    }
  }
  std::vector<int64_t> BySorting(const std::string& filter,
                                 const std::string& order_by) {
    const FilterSql sql = *CompileFilter(filter, RunFilterFields(), 0);
    auto row = writer_.SelectValues("SELECT id FROM runs NOT INDEXED WHERE 1" +
                                        sql.And() + " ORDER BY " + order_by,
                                    sql.values);
    std::vector<int64_t> ids;
    while (*row->Step()) {
      ids.push_back(row->Int(0));
    }
    return ids;
  }

  base::TempDir folder_ = *base::TempDir::Create();
  std::filesystem::path path_ = folder_.path() / "t.db";
  std::unique_ptr<SqliteStore> store_;
  Database writer_ = *Database::Open(path_, Database::Mode::kReadWrite);
};

TEST_F(ListTest, AbsentKeysStandLastBothWays) {
  AddRun(1, {.correct = 1, .total = 2});
  AddRun(2, {.clock_hz = 0});
  AddRun(3, {.correct = 1, .total = 4});
  AddRun(4, {.correct = 2, .total = 4});
  EXPECT_THAT(Ids("", "top1"), ElementsAre(3, 1, 4, 2));
  EXPECT_THAT(Ids("", "top1 desc", 1), ElementsAre(4, 1, 3, 2));
  EXPECT_THAT(Ids("", "us_p50", 2), ElementsAre(1, 3, 4, 2));
  EXPECT_THAT(Ids("NOT total > 2", ""), ElementsAre(2, 1));
}

TEST_F(ListTest, NewestFirstIsByTimeWhateverTheOrderOfStoring) {
  AddRun(1, {.create_us = 30});
  AddRun(2, {.create_us = 10});  // imported
  AddRun(3, {.create_us = 30});
  EXPECT_THAT(Ids("", ""), ElementsAre(3, 1, 2));
  EXPECT_THAT(Ids("", "create_time", 1), ElementsAre(2, 1, 3));
}

TEST_F(ListTest, RowsThatComeAndGoNeitherRepeatNorHideOthers) {
  for (int id = 1; id <= 9; ++id) {
    AddRun(id, {.cycles = id * 10});
  }
  ListRequest request = Runs("", "us_p50", 3);
  auto page = Page(request);
  ASSERT_TRUE(page.next.has_value());
  AddRun(10, {.cycles = 5});   // in front of what was seen
  AddRun(11, {.cycles = 45});  // behind it
  for (const char* gone : {"DELETE FROM runs WHERE id = 3",  // the last seen
                           "DELETE FROM runs WHERE id = 1"}) {
    ASSERT_TRUE(writer_.Exec(gone).ok());
  }
  request.after = page.next;
  page = Page(request);
  ASSERT_EQ(page.rows.size(), 3U);
  EXPECT_EQ(IdOf(page.rows[0]), 4);
  EXPECT_EQ(IdOf(page.rows[1]), 11);
  EXPECT_EQ(IdOf(page.rows[2]), 5);
}

// Some thousand rows, so that walks give up and groups are merged, against
// one plain sort of all.
TEST_F(ListTest, EveryWayGivesTheRowsThatSortingGives) {
  std::mt19937 random(5);
  ASSERT_TRUE(writer_.Exec("BEGIN").ok());
  for (int id = 1; id <= 9000; ++id) {
    const auto pick = [&](int count) {
      return static_cast<int>(random() % static_cast<unsigned>(count));
    };
    const int model = pick(40) == 0 ? pick(6) : 0;
    AddRun(id, {.model = "m" + std::to_string(model),
                .board = "b" + std::to_string(pick(3)),
                .dataset = model % 2 == 0 ? "" : "d",
                .submitter = "s" + std::to_string(pick(4)),
                .create_us = id / 3,
                .cycles = 100 * (model + 1) + pick(50),
                .clock_hz = pick(50) == 0 ? 0 : 1'000'000,
                .flash_bytes = 1000 - model * 10 + pick(3),
                .correct = pick(10),
                .total = model % 2 == 0 ? 0 : 10});
  }
  ASSERT_TRUE(writer_.Exec("COMMIT").ok());
  const std::vector<std::pair<std::string, std::string>> orders = {
      {"", "create_us DESC, id DESC"},
      {"create_time", "create_us, id"},
      {"model_name", "model_name, id"},
      {"model_name desc", "model_name DESC, id DESC"},
      {"board_id desc", "board_id DESC, id DESC"},
      {"us_p50", "us_p50 IS NULL, us_p50, id"},
      {"us_p50 desc", "us_p50 IS NULL, us_p50 DESC, id DESC"},
      {"flash_bytes", "flash_bytes, id"},
      {"top1", "top1 IS NULL, top1, id"},
      {"top1 desc", "top1 IS NULL, top1 DESC, id DESC"}};
  for (const char* filter :
       {"", "model_name = m3", "model_name = m5 OR board_id = b1",
        "submitter = s1 AND NOT model_name = m0", "dataset_name = d",
        "us_p50 > 300", "total = 10 AND us_p50 < 230us", "id < r-100",
        "correct = 3 AND total = 10", "model_name = none", "top1 > 75%",
        "model_name = m* AND flash_bytes < 955"}) {
    for (const auto& [order, sql] : orders) {
      const auto wanted = BySorting(filter, sql);
      EXPECT_EQ(Ids(filter, order, 1000), wanted) << filter << " by " << order;
      if (wanted.size() < 600) {
        EXPECT_EQ(Ids(filter, order, 7), wanted) << filter << " by " << order;
      }
    }
  }
}

TEST_F(ListTest, JobsByPriorityAndEnd) {
  AddJob(1, v1::Job::SUCCEEDED, 0, 50);
  AddJob(2, v1::Job::QUEUED, 5, 0);
  AddJob(3, v1::Job::FAILED, 0, 20);
  AddJob(4, v1::Job::QUEUED, 0, 0);
  const auto ids = [&](const char* filter, const char* order) {
    ListRequest request = {.filter = *BindFilter(filter, JobFilterFields(), 0),
                           .order = *ParseOrder(order, JobOrderFields()),
                           .after = {},
                           .limit = 1};
    std::vector<int64_t> found;
    while (true) {
      const auto page = store_->ListJobs(request);
      EXPECT_TRUE(page.ok()) << page.status();
      for (const JobRecord& record : page->rows) {
        found.push_back(record.id);
      }
      if (!page->next.has_value()) {
        return found;
      }
      request.after = *DecodePlace(EncodePlace(*page->next), request.order);
    }
  };
  EXPECT_THAT(ids("", ""), ElementsAre(4, 3, 2, 1));
  EXPECT_THAT(ids("", "end_time"), ElementsAre(3, 1, 2, 4));
  EXPECT_THAT(ids("", "end_time desc"), ElementsAre(1, 3, 4, 2));
  EXPECT_THAT(ids("state = QUEUED", "priority desc"), ElementsAre(2, 4));
  EXPECT_THAT(ids("NOT end_time:*", "create_time"), ElementsAre(2, 4));
}

TEST(ListOrder, PlacesSurviveTheirText) {
  const Order by_top1 = *ParseOrder("top1 desc", RunOrderFields());
  for (const ListPlace& place :
       {ListPlace{.key = 0.1, .id = 3}, ListPlace{.key = {}, .id = 9}}) {
    const auto back = DecodePlace(EncodePlace(place), by_top1);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(back->key, place.key);
    EXPECT_EQ(back->id, place.id);
  }
  const Order by_name = *ParseOrder("model_name", RunOrderFields());
  EXPECT_EQ(DecodePlace(EncodePlace({.key = "a b", .id = 1}), by_name)->key,
            Value("a b"));
  for (const char* text : {"", "x", "1", "1 ", "1 i5", "1 r5"}) {
    EXPECT_FALSE(DecodePlace(text, by_name).ok()) << text;
  }
  EXPECT_FALSE(DecodePlace("1 rx", by_top1).ok());
}

TEST(ListOrder, ErrorsListTheFields) {
  for (const char* text : {"us_p5", "us_p50 down", "us_p50 desc x", "id",
                           "us_p50; DROP TABLE runs"}) {
    const auto order = ParseOrder(text, RunOrderFields());
    EXPECT_EQ(order.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(order.status().message()),
                testing::HasSubstr("create_time, model_name"));
  }
  EXPECT_TRUE(ParseOrder(" us_p50  asc ", RunOrderFields()).ok());
}

}  // namespace
}  // namespace tinyrig::server
