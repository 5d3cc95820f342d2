// Every supported model of others gives its golden bytes on every board that
// it fits; what does not fit is refused before flashing, with the bytes.
#include <string>

#include <gtest/gtest.h>

#include "tests/e2e/lab.h"

namespace tinyrig::e2e {
namespace {

struct Model {
  const char* golden;
  const char* file;
  int64_t input_bytes;
  bool fits_f412;
  bool fits_f746;
};

// The inputs that golden/README.md describes: noise_i and walk_i.
std::string GoldenInput(uint32_t seed, bool walk, int64_t size_bytes) {
  std::string bytes;
  uint32_t x = seed;
  int value = 0;
  for (int64_t i = 0; i < size_bytes; ++i) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    const auto noise = static_cast<int8_t>(x & 0xff);
    value = std::clamp(value + (noise >> 3), -128, 127);
    bytes += static_cast<char>(walk ? value : noise);
  }
  return bytes;
}

struct GoldenSet {
  v1::DatasetFile dataset;
  std::vector<std::string> outputs;
};

GoldenSet MakeGoldenSet(const Model& model) {
  GoldenSet set;
  set.dataset.set_preprocessing("raw");
  set.dataset.set_sample_bytes(model.input_bytes);
  for (const bool walk : {false, true}) {
    for (uint32_t i = 0; i < 8; ++i) {
      const std::string id = (walk ? "walk" : "noise") + std::to_string(i);
      set.dataset.add_names(id);
      set.dataset.add_labels(0);
      set.dataset.mutable_inputs()->append(
          GoldenInput(walk ? 1001 + i : i + 1, walk, model.input_bytes));
      const auto output = base::ReadTextFile(SharedPath(
          std::string("golden/") + model.golden + "/" + id + ".out.bin"));
      set.outputs.push_back(output.ok() ? *output : "missing");
    }
  }
  set.dataset.set_class_count(static_cast<int>(set.outputs[0].size()));
  return set;
}

class GoldenModelTest : public ::testing::TestWithParam<Model> {
 protected:
  static void SetUpTestSuite() {
    lab_ = new TestLab;
    ASSERT_EQ(lab_->StartServer(), absl::OkStatus());
    ASSERT_EQ(lab_->StartAgent(
                  {"f7=nucleo_f746zg:virtual", "f4=nucleo_f412zg:virtual"}),
              absl::OkStatus());
    ASSERT_EQ(lab_->WaitForIdleBoards(2), absl::OkStatus());
  }
  static void TearDownTestSuite() {
    delete lab_;
    lab_ = nullptr;
  }
  static void ExpectGolden(const v1::Job& job, const GoldenSet& golden) {
    ASSERT_EQ(job.state(), v1::Job::SUCCEEDED)
        << job.failure().ShortDebugString() << lab_->Logs();
    const auto run = lab_->client().GetRun(job.run_id());
    ASSERT_TRUE(run.ok());
    const auto predictions = lab_->Predictions(run->id());
    ASSERT_TRUE(predictions.ok());
    ASSERT_EQ(predictions->size(), golden.outputs.size());
    for (size_t i = 0; i < golden.outputs.size(); ++i) {
      EXPECT_EQ((*predictions)[i].output(), golden.outputs[i])
          << (*predictions)[i].sample_name();
    }
    std::printf(
        "%-28s %-14s %12ld cycles %12ld instructions  arena %7ld  "
        "flash %8ld (EMULATED)\n",
        run->model_name().c_str(), run->board_id().c_str(),
        run->latency().cycles_p50(), run->instructions(),
        run->memory().arena_bytes(), run->flash().total_bytes());
  }
  static void ExpectRefused(const v1::Job& job) {
    EXPECT_EQ(job.state(), v1::Job::FAILED);
    EXPECT_EQ(job.failure().failure_class(), v1::MODEL);
    EXPECT_EQ(job.failure().code(), "FAILED_PRECONDITION");
    EXPECT_EQ(job.attempt(), 0) << "a board was taken for it";
    EXPECT_NE(job.failure().message().find("bytes"), std::string::npos);
    std::printf("refused on %s: %s\n", job.spec().board_id().c_str(),
                job.failure().message().c_str());
  }
  static TestLab* lab_;
};

TestLab* GoldenModelTest::lab_ = nullptr;

TEST_P(GoldenModelTest, GivesTheGoldenBytesWhereItFits) {
  const Model& model = GetParam();
  if (!HaveShared(model.file)) {
    GTEST_SKIP();
  }
  const GoldenSet golden = MakeGoldenSet(model);
  const auto dataset = lab_->ImportDataset(golden.dataset);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  const auto f7 =
      lab_->Submit(SharedPath(model.file), "nucleo_f746zg", *dataset);
  const auto f4 =
      lab_->Submit(SharedPath(model.file), "nucleo_f412zg", *dataset);
  ASSERT_TRUE(f7.ok() && f4.ok());
  const auto f7_end = lab_->Wait(f7->id());
  const auto f4_end = lab_->Wait(f4->id());
  ASSERT_TRUE(f7_end.ok() && f4_end.ok());
  model.fits_f746 ? ExpectGolden(*f7_end, golden) : ExpectRefused(*f7_end);
  model.fits_f412 ? ExpectGolden(*f4_end, golden) : ExpectRefused(*f4_end);
}

INSTANTIATE_TEST_SUITE_P(
    Models, GoldenModelTest,
    ::testing::Values(
        Model{"kws", "models/mlperf_tiny/kws_ref_model.tflite", 490, true,
              true},
        Model{"vww96", "models/mlperf_tiny/vww_96_int8.tflite", 96 * 96 * 3,
              true, true},
        Model{"ic", "models/mlperf_tiny/pretrainedResnet_quant.tflite",
              32 * 32 * 3, true, true},
        Model{"ad", "models/mlperf_tiny/ad01_int8.tflite", 640, true, true},
        Model{"mcunet-vww0", "models/mcunet/mcunet-vww0_10fps_vww.tflite",
              64 * 64 * 3, true, true},
        Model{"mcunet-vww2", "models/mcunet/mcunet-vww2_320kb-1mb_vww.tflite",
              144 * 144 * 3, false, true},
        Model{"mcunet-in2",
              "models/mcunet/mcunet-in2_256kb-1mb_imagenet.tflite",
              160 * 160 * 3, false, false}),
    [](const auto& model) {
      std::string name = model.param.golden;
      std::ranges::replace(name, '-', '_');
      return name;
    });

}  // namespace
}  // namespace tinyrig::e2e
