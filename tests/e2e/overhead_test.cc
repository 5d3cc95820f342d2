// What the lab itself costs: submit to result, less the time on the board, for
// a small job that is compiled and flashed already. Prints a table; the bound
// in the test is a guard against hangs and polling, not a performance claim.
#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "tests/e2e/lab.h"

namespace tinyrig::e2e {
namespace {

constexpr int kJobs = 11;

TEST(Overhead, OfASmallCompiledJobIsPrinted) {
  TestLab lab;
  ASSERT_EQ(lab.StartServer(), absl::OkStatus());
  ASSERT_EQ(lab.StartAgent({"f7=nucleo_f746zg:virtual"}), absl::OkStatus());
  ASSERT_EQ(lab.WaitForIdleBoards(1), absl::OkStatus());
  const std::string model = SourcePath("examples/digits/digits.tflite");
  const auto first = lab.RunModel(model, "nucleo_f746zg", "");
  ASSERT_TRUE(first.ok()) << first.status();  // compiles and flashes
  std::vector<double> overhead_ms;
  std::vector<double> board_ms;
  for (int i = 0; i < kJobs; ++i) {
    const int64_t start_us = base::SystemClock().MonotonicMicros();
    const auto run = lab.RunModel(model, "nucleo_f746zg", "");
    const int64_t end_us = base::SystemClock().MonotonicMicros();
    ASSERT_TRUE(run.ok()) << run.status();
    board_ms.push_back(run->board_s() * 1e3);
    overhead_ms.push_back(static_cast<double>(end_us - start_us) / 1e3 -
                          board_ms.back());
  }
  std::ranges::sort(overhead_ms);
  std::ranges::sort(board_ms);
  std::printf(
      "lab overhead, %d jobs: min %.0f ms, median %.0f ms, max %.0f ms "
      "(on the board: median %.0f ms)\n",
      kJobs, overhead_ms.front(), overhead_ms[kJobs / 2], overhead_ms.back(),
      board_ms[kJobs / 2]);
  EXPECT_LT(overhead_ms[kJobs / 2], 5000);
}

}  // namespace
}  // namespace tinyrig::e2e
