// Same image, same input, same board: the same cycles, bit for bit, on every
// run; and the example gives exactly what its README says.
#include <regex>

#include <gtest/gtest.h>

#include "client/dataset_pack.h"
#include "tests/e2e/lab.h"

namespace tinyrig::e2e {
namespace {

// "accuracy: 290 / 300"
std::pair<int64_t, int64_t> StatedAccuracy() {
  const auto text = base::ReadTextFile(SourcePath("examples/digits/README.md"));
  std::smatch match;
  if (!text.ok() ||
      !std::regex_search(*text, match,
                         std::regex("accuracy: ([0-9]+) / ([0-9]+)"))) {
    return {-1, -1};
  }
  return {std::stoll(match[1]), std::stoll(match[2])};
}

v1::Run RunDigits(const char* kind) {
  TestLab lab;
  EXPECT_EQ(lab.StartServer(), absl::OkStatus());
  EXPECT_EQ(lab.StartAgent({std::string("b=") + kind + ":virtual"}),
            absl::OkStatus());
  EXPECT_EQ(lab.WaitForIdleBoards(1), absl::OkStatus());
  const auto packed = client::LoadDataset(SourcePath("examples/digits/dataset"),
                                          client::Preprocessing::kRaw);
  const auto dataset = lab.ImportDataset(*packed);
  const auto run =
      lab.RunModel(SourcePath("examples/digits/digits.tflite"), kind, *dataset);
  EXPECT_TRUE(run.ok()) << run.status();
  return run.ok() ? *run : v1::Run();
}

void ExpectSameFigures(const v1::Run& a, const v1::Run& b) {
  EXPECT_EQ(a.image_hash(), b.image_hash());
  EXPECT_EQ(a.instructions(), b.instructions());
  ASSERT_GT(a.latency().cycles_size(), 0);
  for (int i = 0; i < a.latency().cycles_size(); ++i) {
    EXPECT_EQ(a.latency().cycles(i), b.latency().cycles(i)) << i;
  }
  ASSERT_EQ(a.layers_size(), b.layers_size());
  for (int i = 0; i < a.layers_size(); ++i) {
    EXPECT_EQ(a.layers(i).cycles(), b.layers(i).cycles()) << i;
  }
}

class RepeatTest : public ::testing::TestWithParam<const char*> {};

TEST_P(RepeatTest, TwoLabsGiveTheSameCyclesAndTheStatedAccuracy) {
  const v1::Run first = RunDigits(GetParam());
  const v1::Run second = RunDigits(GetParam());
  ExpectSameFigures(first, second);
  const auto [correct, total] = StatedAccuracy();
  EXPECT_EQ(first.accuracy().correct(), correct);
  EXPECT_EQ(first.accuracy().total(), total);
  EXPECT_EQ(first.origin(), v1::EMULATED);
  EXPECT_FALSE(first.environment().timing_model().empty());
  EXPECT_GT(first.memory().stack_bytes(), 0);
  EXPECT_GT(first.flash().weights_bytes(), 0);
}

INSTANTIATE_TEST_SUITE_P(Boards, RepeatTest,
                         ::testing::Values("nucleo_f746zg", "nucleo_f412zg"));

}  // namespace
}  // namespace tinyrig::e2e
