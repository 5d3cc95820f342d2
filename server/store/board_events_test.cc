// What is kept of boards over time, and what is not.
#include "server/store/board_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "server/store/sqlite_store.h"

namespace tinyrig::server {
namespace {

using testing::ElementsAre;
using Board = v1::Board;

class BoardEvents : public testing::Test {
 protected:
  BoardEvents() {
    v1::AgentHello hello;
    hello.set_agent_id("a");
    EXPECT_TRUE(store_->PutAgent(hello, 1).ok());
    hello.set_agent_id("a0");
    EXPECT_TRUE(store_->PutAgent(hello, 1).ok());
  }
  void Put(Board::State state, int64_t now_us, const std::string& fault = "",
           const std::string& agent = "a") {
    Board board;
    board.set_name(agent + "/b");
    board.set_agent_id(agent);
    board.set_board_id("f746");
    board.set_state(state);
    board.set_last_fault(fault);
    ASSERT_TRUE(store_->PutBoard(board, now_us).ok());
  }
  // "time state fault" of each event, oldest first.
  std::vector<std::string> Events(const std::string& name = "a/b") {
    auto database = Database::Open(path_, Database::Mode::kReadOnly);
    auto row = database->Select(
        "SELECT time_us, state, fault FROM board_events WHERE board_name = ? "
        "ORDER BY time_us, id",
        name);
    std::vector<std::string> events;
    while (*row->Step()) {
      events.push_back(absl::StrCat(
          row->Int(0), " ",
          Board::State_Name(static_cast<Board::State>(row->Int(1))), " ",
          row->Bytes(2)));
    }
    return events;
  }

  base::TempDir folder_ = *base::TempDir::Create("board-events");
  std::filesystem::path path_ = folder_.path() / "t.db";
  std::unique_ptr<SqliteStore> store_ = *SqliteStore::Open(path_, {});
};

TEST_F(BoardEvents, KeepChangesButNotBetweenIdleAndBusy) {
  Put(Board::BUSY, 10);
  Put(Board::IDLE, 20);
  Put(Board::BUSY, 30);
  Put(Board::FAULTY, 40, "no answer");
  Put(Board::FAULTY, 50, "still none");
  Put(Board::IDLE, 60, "no answer");
  Put(Board::DISABLED, 70);
  EXPECT_THAT(Events(), ElementsAre("10 IDLE ", "40 FAULTY no answer",
                                    "60 IDLE ", "70 DISABLED "));
}

TEST_F(BoardEvents, OfflineIsOfTheAgentOnceAndNotOfThosePresent) {
  Put(Board::IDLE, 10);
  Put(Board::IDLE, 10, "", "a0");
  ASSERT_TRUE(store_->SetOffline("a", {"a/b"}, 20).ok());
  ASSERT_TRUE(store_->SetOffline("a", {}, 30).ok());
  ASSERT_TRUE(store_->SetOffline("a", {}, 40).ok());
  EXPECT_THAT(Events(), ElementsAre("10 IDLE ", "30 OFFLINE "));
  EXPECT_THAT(Events("a0/b"), ElementsAre("10 IDLE "));
  ASSERT_TRUE(store_->SetOffline("", {}, 50).ok());
  EXPECT_THAT(Events(), ElementsAre("10 IDLE ", "30 OFFLINE "));
  EXPECT_THAT(Events("a0/b"), ElementsAre("10 IDLE ", "50 OFFLINE "));
}

TEST_F(BoardEvents, AClockThatGoesBackKeepsTheOrder) {
  Put(Board::IDLE, 100);
  Put(Board::FAULTY, 90, "x");
  Put(Board::IDLE, 95);
  EXPECT_THAT(Events(), ElementsAre("100 IDLE ", "100 FAULTY x", "100 IDLE "));
}

TEST_F(BoardEvents, FaultsAreCutBetweenCharacters) {
  std::string fault(199, 'x');
  Put(Board::FAULTY, 10, fault + "\xC3\xA4");
  EXPECT_THAT(Events(), ElementsAre("10 FAULTY " + fault));
}

TEST_F(BoardEvents, TheOldestGoBeyondTheLimit) {
  Put(Board::IDLE, 1);
  {
    auto database = Database::Open(path_, Database::Mode::kReadWrite);
    ASSERT_TRUE(
        database
            ->Run("WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 "
                  "FROM n WHERE i < ?) INSERT INTO board_events (board_name, "
                  "time_us, state, fault) SELECT 'a/b', i, i % 2 + 2, '' FROM "
                  "n",
                  kMaxBoardEvents)
            .ok());
  }
  EXPECT_EQ(Events().size(), static_cast<size_t>(kMaxBoardEvents));
  Put(Board::FAULTY, kMaxBoardEvents + 1, "last");
  const auto events = Events();
  ASSERT_EQ(events.size(), static_cast<size_t>(kMaxBoardEvents));
  EXPECT_EQ(events.front(), "2 IDLE ");
  EXPECT_EQ(events.back(), absl::StrCat(kMaxBoardEvents + 1, " FAULTY last"));
}

}  // namespace
}  // namespace tinyrig::server
