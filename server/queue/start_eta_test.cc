#include "server/queue/start_eta.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/queue/scheduler.h"

namespace tinyrig::server {
namespace {

using testing::ElementsAre;
using testing::Eq;
using Seconds = std::optional<double>;

TEST(MedianTimes, AModelsOwnTimeGoesBeforeThatOfTheKind) {
  const BoardTimes times = MedianTimes(
      {{"fast", 1}, {"fast", 3}, {"fast", 2}, {"slow", 50}, {"bad", -1}});
  EXPECT_EQ(times.Of("fast"), 2);
  EXPECT_EQ(times.Of("slow"), 50);
  EXPECT_EQ(times.Of("bad"), 3);
  EXPECT_EQ(times.Of("new"), 3);
  EXPECT_EQ(MedianTimes({}).Of("new"), std::nullopt);
}

TEST(StartEtas, EachTakesTheBoardThatIsFreeFirst) {
  const BoardTimes times = MedianTimes({{"m", 10}, {"long", 100}});
  EXPECT_THAT(StartEtas({{"", "long"}, {"", "m"}, {"", "m"}, {"", "m"}},
                        {{"b1", 0}, {"b2", 4}}, times),
              ElementsAre(0, 4, 14, 24));
}

TEST(StartEtas, AJobOfOneBoardWaitsForThatOne) {
  const BoardTimes times = MedianTimes({{"m", 10}});
  EXPECT_THAT(
      StartEtas({{"b2", "m"}, {"b2", "m"}, {"", "m"}, {"b3", "m"}},
                {{"b1", 3}, {"b2", 0}}, times),
      ElementsAre(Seconds(0), Seconds(10), Seconds(3), Eq(std::nullopt)));
}

TEST(StartEtas, NothingIsSaidWhereNothingIsKnown) {
  EXPECT_THAT(StartEtas({{"", "m"}}, {{"b1", 0}}, MedianTimes({})),
              ElementsAre(Eq(std::nullopt)));
  EXPECT_THAT(StartEtas({{"", "m"}}, {}, MedianTimes({{"m", 1}})),
              ElementsAre(Eq(std::nullopt)));
}

TEST(WaitingOrder, ManySubmittersShare) {
  std::vector<QueuedJob> jobs;
  for (int i = 0; i < 10'000; ++i) {
    QueuedJob job;
    job.id = i + 1;
    job.board_id = "f746";
    job.submitter = "ann" + std::to_string(i / 10);  // ten jobs at once each
    job.create_us = i;
    jobs.push_back(job);
  }
  jobs.back().priority = 1;
  const auto order = WaitingOrder(jobs, {{"ann0", 1, 1}});
  ASSERT_EQ(order.size(), 10'000U);
  EXPECT_EQ(order[0], 10'000);  // the higher priority
  EXPECT_EQ(order[1], 11);      // ann1; ann0 has a board already
  EXPECT_EQ(order[2], 21);
  EXPECT_EQ(order[999], 1);  // ann0 again once most have one
}

}  // namespace
}  // namespace tinyrig::server
