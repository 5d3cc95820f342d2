#include "base/guarded.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace tinyrig::base {
namespace {

TEST(Guarded, NobodyElseIsInsideWhileItIsHeld) {
  Guarded<int64_t> sum;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&sum] {
      for (int step = 0; step < 10'000; ++step) {
        const auto held = sum.Lock();
        *held = *held + 1;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(*sum.Lock(), 40'000);
}

TEST(Guarded, HoldsTheValueThatItWasGiven) {
  Guarded<std::vector<int>> values(std::vector<int>{1, 2});
  values.Lock()->push_back(3);
  EXPECT_EQ(values.Lock()->size(), 3U);
}

}  // namespace
}  // namespace tinyrig::base
