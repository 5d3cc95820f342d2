#include "engine/plan/planner.h"

#include <algorithm>
#include <random>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/plan/place.h"

namespace tinyrig::engine::plan {
namespace {

using testing::HasSubstr;

std::vector<BufferRequest> RandomRequests(uint32_t seed, int most,
                                          int most_bytes) {
  std::mt19937 random(seed);
  std::vector<BufferRequest> requests;
  const int count =
      1 + static_cast<int>(random() % static_cast<uint32_t>(most));
  for (int i = 0; i < count; ++i) {
    const int first = static_cast<int>(random() % 8);
    const int last = first + static_cast<int>(random() % 4);
    const auto bytes =
        1 + static_cast<int64_t>(random() % static_cast<uint32_t>(most_bytes));
    requests.push_back({absl::StrCat("b", i), bytes, first, last});
  }
  return requests;
}

// Smallest arena over every permutation placed at lowest gaps: slow, obvious.
int64_t BruteForceBytes(const std::vector<BufferRequest>& requests) {
  std::vector<size_t> order(requests.size());
  for (size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
  }
  int64_t best = INT64_MAX;
  do {
    best = std::min(best, PlaceInOrder(requests, order, "all").arena_bytes);
  } while (std::next_permutation(order.begin(), order.end()));
  return best;
}

TEST(Planner, BoundExactAndGreedyAreInOrder) {
  for (uint32_t seed = 0; seed < 400; ++seed) {
    const auto requests = RandomRequests(seed, 9, 100);
    const auto exact = PlanExact(requests);
    ASSERT_TRUE(exact.ok()) << seed << exact.status();
    ASSERT_TRUE(CheckPlan(requests, *exact).ok()) << seed;
    EXPECT_LE(LowerBoundBytes(requests), exact->arena_bytes) << seed;
    for (const Plan& plan : {PlanFirstFit(requests), PlanGreedyBySize(requests),
                             PlanGreedyByBreadth(requests)}) {
      ASSERT_TRUE(CheckPlan(requests, plan).ok()) << seed << plan.planner;
      EXPECT_LE(exact->arena_bytes, plan.arena_bytes) << seed << plan.planner;
    }
    EXPECT_EQ(PlanBest(requests).arena_bytes, exact->arena_bytes) << seed;
  }
}

TEST(Planner, ExactIsTheBestOfAllOrders) {
  for (uint32_t seed = 1000; seed < 1060; ++seed) {
    const auto requests = RandomRequests(seed, 7, 60);
    const auto exact = PlanExact(requests);
    ASSERT_TRUE(exact.ok());
    EXPECT_EQ(exact->arena_bytes, BruteForceBytes(requests)) << seed;
  }
}

TEST(Planner, ManyBuffersArePlannedAndChecked) {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    const auto requests = RandomRequests(seed, 300, 50'000);
    const Plan plan = PlanBest(requests);
    ASSERT_TRUE(CheckPlan(requests, plan).ok()) << seed;
    EXPECT_GE(plan.arena_bytes, LowerBoundBytes(requests));
  }
}

TEST(Planner, ExactSaysWhenItGivesUp) {
  const auto requests = RandomRequests(7, 300, 999);
  EXPECT_EQ(PlanExact(requests, 10).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(CheckPlan, CatchesEveryBrokenPlan) {
  int broken = 0;
  for (uint32_t seed = 0; seed < 300; ++seed) {
    const auto requests = RandomRequests(seed, 9, 100);
    Plan plan = PlanGreedyBySize(requests);
    // Lay one buffer over another that is live with it.
    for (size_t i = 1; i < requests.size(); ++i) {
      if (Overlaps(requests[0], requests[i])) {
        plan.offsets[0] = plan.offsets[i];
        plan.arena_bytes += 1000;
        const auto status = CheckPlan(requests, plan);
        EXPECT_THAT(std::string(status.message()), HasSubstr("over b"));
        ++broken;
        break;
      }
    }
  }
  EXPECT_GT(broken, 100);
}

TEST(CheckPlan, CatchesOutsideUnalignedAndMissing) {
  const std::vector<BufferRequest> requests = {{"a", 16, 0, 1}};
  EXPECT_TRUE(CheckPlan(requests, {"p", {0}, 16}).ok());
  EXPECT_FALSE(CheckPlan(requests, {"p", {8}, 16}).ok());
  EXPECT_FALSE(CheckPlan(requests, {"p", {-8}, 16}).ok());
  EXPECT_FALSE(CheckPlan(requests, {"p", {4}, 64}).ok());
  EXPECT_FALSE(CheckPlan(requests, {"p", {}, 64}).ok());
}

TEST(CheckPlan, TouchingLifetimesMeet) {
  // An op reads one and writes the other: both live at op 1.
  const std::vector<BufferRequest> requests = {{"a", 8, 0, 1}, {"b", 8, 1, 2}};
  EXPECT_FALSE(CheckPlan(requests, {"p", {0, 0}, 16}).ok());
  EXPECT_EQ(PlanBest(requests).arena_bytes, 16);
}

TEST(PrintPlan, DrawsLifelines) {
  const std::vector<BufferRequest> requests = {
      {"in", 100, -1, 0}, {"mid", 40, 0, 1}, {"out", 8, 1, 2}};
  EXPECT_EQ(PrintPlan(requests, PlanBest(requests)),
            "arena 144 bytes by greedy_by_size, lower bound 144\n"
            "  offset    bytes  from   to  ops   buffer\n"
            "       0      100    -1    0  ##..  in\n"
            "     104       40     0    1  .##.  mid\n"
            "       0        8     1    2  ..##  out\n");
}

}  // namespace
}  // namespace tinyrig::engine::plan
