// WaitingJobs against the plain Schedule and WaitingOrder of scheduler.h:
// thousands of small random labs, the same answer in each.
#include "server/queue/waiting.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyrig::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Dice {
 public:
  explicit Dice(uint32_t seed) : random_(seed) {}
  int Below(int count) {
    return static_cast<int>(random_() % static_cast<uint32_t>(count));
  }
  std::string Name(const std::string& kind, int count) {
    return kind + std::to_string(Below(count));
  }

 private:
  std::mt19937 random_;
};

QueuedJob RandomJob(Dice& dice, int64_t id) {
  return {.id = id,
          .board_id = dice.Name("kind", 2),
          .board_name = dice.Below(4) == 0 ? dice.Name("board", 6) : "",
          .avoid_board = dice.Below(3) == 0 ? dice.Name("board", 6) : "",
          .submitter = dice.Name("person", 3),
          .artifact_sha256 = dice.Below(5) == 0 ? "" : dice.Name("art", 3),
          .priority = dice.Below(3) - 1,
          .create_us = dice.Below(5)};
}

std::vector<FreeBoard> RandomBoards(Dice& dice) {
  std::vector<FreeBoard> boards;
  for (int i = 0; i < 6; ++i) {
    if (dice.Below(3) > 0) {
      boards.push_back({"board" + std::to_string(i),
                        i % 2 == 0 ? "kind0" : "kind1", "agent",
                        dice.Name("art", 3)});
    }
  }
  return boards;
}

TEST(WaitingJobs, DecidesAsThePlainScheduler) {
  for (uint32_t seed = 0; seed < 3000; ++seed) {
    Dice dice(seed);
    WaitingJobs waiting;
    std::map<int64_t, QueuedJob> jobs;
    const int64_t now_us = kUsageWindowUs + 100;
    for (int64_t lease = 1000; lease < 1000 + dice.Below(6); ++lease) {
      waiting.AddLease(lease, dice.Name("person", 3), dice.Below(200));
      if (dice.Below(2) == 0) {
        waiting.EndLease(lease);
      }
    }
    for (int i = 0; i < 12; ++i) {
      const QueuedJob job = RandomJob(dice, 1 + dice.Below(9));
      if (dice.Below(4) == 0) {
        waiting.Remove(job.id);
        jobs.erase(job.id);
      } else {
        waiting.Put(job);
        jobs[job.id] = job;
      }
    }
    std::vector<QueuedJob> all, raw;
    for (const auto& [id, job] : jobs) {
      all.push_back(job);
      if (job.artifact_sha256.empty()) {
        raw.push_back(job);
      }
    }
    const auto usage = waiting.Usage(now_us - kUsageWindowUs);
    const std::vector<FreeBoard> boards = RandomBoards(dice);
    ASSERT_EQ(waiting.size(), all.size());
    ASSERT_EQ(waiting.Assign(boards, now_us), Schedule(all, boards, usage))
        << "seed " << seed;
    ASSERT_EQ(waiting.NotCompiled(now_us), WaitingOrder(raw, usage))
        << "seed " << seed;
    ASSERT_EQ(waiting.HasCompiled(), raw.size() < all.size());
  }
}

TEST(WaitingJobs, AnEndedLeaseCountsForTenMinutes) {
  WaitingJobs waiting;
  waiting.Put({.id = 1, .submitter = "ann"});
  waiting.BeginLease(1, 1000);
  waiting.Remove(1);
  waiting.BeginLease(2, 1000);  // unknown: nobody to count it for
  auto usage = waiting.Usage(1000);
  ASSERT_EQ(usage.size(), 1U);
  EXPECT_EQ(usage[0].submitter, "ann");
  EXPECT_EQ(usage[0].running, 1);
  EXPECT_EQ(usage[0].recent_count, 1);
  EXPECT_EQ(waiting.Usage(1001)[0].recent_count, 0) << "old, but live";
  waiting.EndLease(1);
  waiting.EndLease(1);
  usage = waiting.Usage(1000);
  EXPECT_EQ(usage[0].running, 0);
  EXPECT_THAT(waiting.Assign({}, 1001 + kUsageWindowUs), IsEmpty());
  EXPECT_THAT(waiting.Usage(0), IsEmpty()) << "forgotten";
}

TEST(WaitingJobs, AJobThatGetsItsArtifactIsCompiled) {
  WaitingJobs waiting;
  QueuedJob job{.id = 7, .board_id = "f746", .submitter = "ann"};
  waiting.Put(job);
  EXPECT_THAT(waiting.NotCompiled(1), ElementsAre(7));
  const int64_t version = waiting.not_compiled_version();
  job.artifact_sha256 = "art";
  waiting.Put(job);
  EXPECT_THAT(waiting.NotCompiled(1), IsEmpty());
  EXPECT_EQ(waiting.not_compiled_version(), version);
  EXPECT_THAT(waiting.Assign({{"a/b", "f746", "a", ""}}, 1),
              ElementsAre(Assignment{7, "a/b", "a"}));
  EXPECT_EQ(waiting.All().size(), 1U) << "a lease is the store's to make";
}

}  // namespace
}  // namespace tinyrig::server
