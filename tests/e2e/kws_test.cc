// 1000 keyword samples through server, agent, ROM bootloader and PTY, on both
// boards: exactly the accuracy and exactly the bytes of the reference kernels.
#include <algorithm>

#include <gtest/gtest.h>

#include "client/dataset_pack.h"
#include "tests/e2e/lab.h"

namespace tinyrig::e2e {
namespace {

constexpr char kModel[] = "models/mlperf_tiny/kws_ref_model.tflite";

// The golden bytes stand in the order of the file names.
std::string OutputsByName(std::vector<v1::Prediction> predictions) {
  std::ranges::sort(predictions, {}, &v1::Prediction::sample_name);
  std::string bytes;
  for (const v1::Prediction& prediction : predictions) {
    bytes += prediction.output();
  }
  return bytes;
}

TEST(Kws, BothBoardsGiveTheReferenceBytes) {
  if (!HaveShared(kModel)) {
    GTEST_SKIP();
  }
  TestLab lab;
  ASSERT_EQ(lab.StartServer(), absl::OkStatus());
  ASSERT_EQ(
      lab.StartAgent({"f7=nucleo_f746zg:virtual", "f4=nucleo_f412zg:virtual"}),
      absl::OkStatus());
  ASSERT_EQ(lab.WaitForIdleBoards(2), absl::OkStatus());
  const auto packed = client::PackDataset(SharedPath("datasets/kws01"),
                                          client::Preprocessing::kRaw);
  ASSERT_TRUE(packed.ok()) << packed.status();
  const auto dataset = lab.ImportDataset(*packed);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  const auto golden =
      base::ReadTextFile(SharedPath("golden/kws/kws01_1000_outputs.bin"));
  ASSERT_TRUE(golden.ok());
  std::vector<std::string> jobs;
  for (const char* kind : {"nucleo_f746zg", "nucleo_f412zg"}) {
    const auto job = lab.Submit(SharedPath(kModel), kind, *dataset);
    ASSERT_TRUE(job.ok()) << job.status();
    jobs.push_back(job->id());
  }
  for (const std::string& id : jobs) {
    const auto job = lab.Wait(id);
    ASSERT_TRUE(job.ok()) << job.status();
    ASSERT_EQ(job->state(), v1::Job::SUCCEEDED)
        << job->failure().ShortDebugString() << lab.Logs();
    const auto run = lab.client().GetRun(job->run_id());
    ASSERT_TRUE(run.ok());
    EXPECT_EQ(run->accuracy().total(), 1000);
    EXPECT_EQ(run->accuracy().correct(), 901);
    EXPECT_EQ(run->origin(), v1::EMULATED);
    const auto predictions = lab.Predictions(run->id());
    ASSERT_TRUE(predictions.ok());
    EXPECT_EQ(OutputsByName(*predictions), *golden);
    std::printf("%s kws01: %ld of %ld, %ld cycles, %ld instructions\n",
                run->board_id().c_str(), run->accuracy().correct(),
                run->accuracy().total(), run->latency().cycles_p50(),
                run->instructions());
  }
}

}  // namespace
}  // namespace tinyrig::e2e
