// Busy shares of leases, and the answer for a lab of real size.
#include "server/query/history.h"

#include <cstdlib>
#include <ctime>
#include <iostream>

#include <gmock/gmock.h>
#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "server/store/sqlite_store.h"

namespace tinyrig::server {
namespace {

using google::protobuf::util::TimeUtil;

using testing::ElementsAre;
using testing::HasSubstr;
constexpr int64_t kHourUs = 3'600'000'000;
constexpr int64_t kNowUs = 1000 * kHourUs;

std::vector<double> Shares(const Span& span,
                           const std::vector<HeldSpan>& leases,
                           double* utilisation = nullptr) {
  v1::BoardActivity activity;
  FillBusyShare(span, leases, &activity);
  if (utilisation != nullptr) {
    *utilisation = activity.utilisation();
  }
  return {activity.busy_share().begin(), activity.busy_share().end()};
}

TEST(BusyShare, LeasesAreClippedToTheSpanAndItsParts) {
  const Span span{100, 500, 4};
  double utilisation = 0;
  EXPECT_THAT(Shares(span, {{0, 150}, {150, 200}, {250, 310}, {490, 700}},
                     &utilisation),
              ElementsAre(1.0, 0.5, 0.1, 0.1));
  EXPECT_EQ(utilisation, 0.425);
  EXPECT_THAT(Shares(span, {{50, 100}, {500, 600}}), ElementsAre(0, 0, 0, 0));
}

TEST(BusyShare, ALeaseThatGoesOnLastsToTheEnd) {
  EXPECT_THAT(Shares({0, 400, 4}, {{100, 0}}), ElementsAre(0, 1, 1, 1));
}

TEST(BusyShare, PartsThatDoNotDivideTheSpanStillSumUp) {
  double utilisation = 0;
  for (const double share : Shares({0, 1'000'003, 7}, {{0, 0}}, &utilisation)) {
    EXPECT_EQ(share, 1.0);
  }
  EXPECT_EQ(utilisation, 1.0);
}

// Of this thread on the processor: machines that test are busy.
double ThreadMillis() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 +
         static_cast<double>(now.tv_nsec) / 1e6;
}

class FixedClock : public base::Clock {
 public:
  [[nodiscard]] int64_t UnixMicros() const override { return kNowUs; }
  [[nodiscard]] int64_t MonotonicMicros() const override { return kNowUs; }
};

class History : public testing::Test {
 protected:
  History() {
    EXPECT_TRUE(SqliteStore::Open(path_, {}).ok());
    Sql("INSERT INTO agents VALUES ('a', 'i', 'v', 1)");
  }
  void Sql(const std::string& statement) {
    auto database = Database::Open(path_, Database::Mode::kReadWrite);
    ASSERT_TRUE(database->Exec("PRAGMA synchronous = OFF").ok());
    ASSERT_TRUE(database->Exec("PRAGMA foreign_keys = OFF").ok());
    const absl::Status status = database->Exec(statement.c_str());
    ASSERT_TRUE(status.ok()) << status;
  }
  void Board(const std::string& name) {
    Sql("INSERT INTO boards VALUES ('" + name +
        "', 'a', 'f746', '', 2, '', 1, 0, 0, 0)");
  }
  void Lease(const std::string& board, int64_t start_us, int64_t end_us,
             const std::string& reason) {
    Sql(absl::StrCat("INSERT INTO leases VALUES (", ++next_job_, ", 1, 'a', '",
                     board, "', '', '', 'ann', ", start_us, ", ", end_us, ", '",
                     reason, "')"));
  }
  void Event(const std::string& board, int64_t time_us, v1::Board::State state,
             const std::string& fault = "") {
    Sql(
        absl::StrCat("INSERT INTO board_events (board_name, time_us, state, "
                     "fault) VALUES ('",
                     board, "', ", time_us, ", ", state, ", '", fault, "')"));
  }
  absl::StatusOr<v1::BoardHistory> Get(const std::string& name = "",
                                       int hours = 0, int buckets = 0) {
    auto api = BoardHistoryApi::Open(path_, clock_, AllowAll());
    v1::GetBoardHistoryRequest request;
    request.set_board_name(name);
    request.set_hours(hours);
    request.set_bucket_count(buckets);
    return (*api)->GetBoardHistory({"test"}, request);
  }

  FixedClock clock_;
  base::TempDir folder_ = *base::TempDir::Create("history");
  std::filesystem::path path_ = folder_.path() / "t.db";
  int64_t next_job_ = 0;
};

TEST_F(History, SaysWhatABoardDid) {
  Board("a/b");
  Board("a/c");
  const int64_t begin_us = kNowUs - 4 * kHourUs;
  Lease("a/b", begin_us - 2 * kHourUs, begin_us - kHourUs, "finished");
  Lease("a/b", begin_us - kHourUs, begin_us + kHourUs, "finished");
  Lease("a/b", begin_us + 2 * kHourUs, begin_us + 2 * kHourUs + kHourUs / 2,
        "agent lost");
  Lease("a/b", begin_us + 3 * kHourUs, begin_us + 3 * kHourUs, "cancelled");
  Lease("a/b", kNowUs - kHourUs / 4, 0, "");
  Event("a/b", begin_us - 5, v1::Board::FAULTY, "mute");
  Event("a/b", begin_us + 5, v1::Board::IDLE);
  Event("a/b", begin_us + 6, v1::Board::OFFLINE);
  const auto history = Get("a/b", 4, 4);
  ASSERT_TRUE(history.ok()) << history.status();
  EXPECT_EQ(TimeUtil::TimestampToMicroseconds(history->begin_time()), begin_us);
  EXPECT_EQ(TimeUtil::TimestampToMicroseconds(history->end_time()), kNowUs);
  ASSERT_EQ(history->boards_size(), 1);
  const v1::BoardActivity& board = history->boards(0);
  EXPECT_THAT(board.busy_share(), ElementsAre(1.0, 0.0, 0.5, 0.25));
  EXPECT_EQ(board.utilisation(), 0.4375);
  EXPECT_EQ(board.finished_lease_count(), 1);
  EXPECT_EQ(board.failed_lease_count(), 1);
  ASSERT_EQ(board.changes_size(), 3);
  EXPECT_EQ(board.changes(0).state(), v1::Board::FAULTY);
  EXPECT_EQ(board.changes(0).fault(), "mute");
  EXPECT_EQ(TimeUtil::TimestampToMicroseconds(board.changes(0).time()),
            begin_us);
  EXPECT_EQ(board.changes(1).state(), v1::Board::IDLE);
  EXPECT_EQ(board.changes(2).state(), v1::Board::OFFLINE);
  EXPECT_EQ(TimeUtil::TimestampToMicroseconds(board.changes(2).time()),
            begin_us + 6);
  EXPECT_EQ(Get()->boards_size(), 2);
  EXPECT_EQ(Get()->boards(1).busy_share_size(), 48);
  EXPECT_EQ(Get()->boards(1).changes(0).state(), v1::Board::STATE_UNSPECIFIED);
}

TEST_F(History, KeepsTheNewestChanges) {
  Board("a/b");
  Sql(absl::StrCat(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i "
      "< 300) INSERT INTO board_events (board_name, time_us, state, fault) "
      "SELECT 'a/b', ",
      kNowUs - 1000, " + i, i % 2 + 1, '' FROM n"));
  const auto history = Get();
  ASSERT_EQ(history->boards(0).changes_size(), 201);
  EXPECT_EQ(
      TimeUtil::TimestampToMicroseconds(history->boards(0).changes(1).time()),
      kNowUs - 899);
  EXPECT_EQ(
      TimeUtil::TimestampToMicroseconds(history->boards(0).changes(200).time()),
      kNowUs - 700);
}

TEST_F(History, RefusesWhatIsOutOfRange) {
  Board("a/b");
  EXPECT_EQ(Get("a/x").status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Get("", 721).status().message(), HasSubstr("hours: 721"));
  EXPECT_THAT(Get("", -1).status().message(), HasSubstr("hours: -1"));
  EXPECT_THAT(Get("", 1, 501).status().message(), HasSubstr("bucket_count"));
  Sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i "
      "< 600) INSERT INTO boards SELECT 'a/' || i, 'a', 'f746', '', 2, '', 1, "
      "0, 0, 0 FROM n");
  EXPECT_THAT(Get("", 1, 500).status().message(), HasSubstr("at most 415"));
  EXPECT_EQ(Get("a/7", 1, 500)->boards(0).busy_share_size(), 500);
}

// 1000 boards over 30 days; prints what it takes.
// TINYRIG_HISTORY_LEASES=1000000 makes it a lab of years. The limit is
// generous: machines that test are busy.
TEST_F(History, OnlyTheLeasesOfTheSpanAreLookedAt) {
  const char* given = std::getenv("TINYRIG_HISTORY_LEASES");
  const int64_t count = given == nullptr ? 50'000 : std::atoll(given);
  const int64_t step_us = 720 * kHourUs / (count / 1000);
  Sql("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i "
      "< 999) INSERT INTO boards SELECT 'agent-' || (i / 10) || '/board-' || "
      "i, 'a', 'f746', '', 2, '', 1, 0, 0, 0 FROM n");
  Sql(absl::StrCat(
      "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i "
      "< ",
      count - 1,
      ") INSERT INTO leases SELECT i + 1, 1, 'agent', 'agent-' || (i % "
      "1000 / 10) || '/board-' || (i % 1000), "
      "'565249540000000000000001', hex(zeroblob(32)), 'ann', ",
      kNowUs - 720 * kHourUs, " + i / 1000 * ", step_us, ", ",
      kNowUs - 720 * kHourUs, " + i / 1000 * ", step_us, " + ", step_us / 4,
      ", 'finished' FROM n"));
  auto api = BoardHistoryApi::Open(path_, clock_, AllowAll());
  for (const int hours : {24, 24, 24, 168, 720}) {
    v1::GetBoardHistoryRequest request;
    request.set_hours(hours);
    const double start_ms = ThreadMillis();
    const auto history = (*api)->GetBoardHistory({"test"}, request);
    const double took_ms = ThreadMillis() - start_ms;
    ASSERT_TRUE(history.ok()) << history.status();
    ASSERT_EQ(history->boards_size(), 1000);
    EXPECT_NEAR(history->boards(7).utilisation(), 0.25, 0.2);
    std::cout << "history of 1000 boards, " << hours << " h: " << took_ms
              << " ms, " << history->ByteSizeLong() << " bytes\n";
  }
}

}  // namespace
}  // namespace tinyrig::server
