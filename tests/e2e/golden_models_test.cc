// Every supported model of others gives its golden bytes on both boards; what
// does not fit is refused before flashing, with the bytes.
#include <string>

#include <gtest/gtest.h>

#include "engine/read/testing/model_builder.h"
#include "tests/e2e/lab.h"

namespace tinyrig::e2e {
namespace {

struct Model {
  const char* golden;
  const char* file;
  int64_t input_bytes;
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

class GoldenModelTest : public ::testing::Test {
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

class GoldenBytes : public GoldenModelTest,
                    public ::testing::WithParamInterface<Model> {};

TEST_P(GoldenBytes, AreGivenOnBothBoards) {
  const Model& model = GetParam();
  if (!HaveShared(model.file)) {
    GTEST_SKIP();
  }
  const GoldenSet golden = MakeGoldenSet(model);
  const auto dataset = lab_->ImportDataset(golden.dataset);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  const auto f7 =
      lab_->Submit(SharedPath(model.file), "nucleo_f746zg", *dataset, "", 1);
  const auto f4 =
      lab_->Submit(SharedPath(model.file), "nucleo_f412zg", *dataset, "", 1);
  ASSERT_TRUE(f7.ok() && f4.ok());
  const auto f7_end = lab_->Wait(f7->id());
  const auto f4_end = lab_->Wait(f4->id());
  ASSERT_TRUE(f7_end.ok() && f4_end.ok());
  ExpectGolden(*f7_end, golden);
  ExpectGolden(*f4_end, golden);
}

TEST_F(GoldenModelTest, WhatDoesNotFitIsRefusedBeforeFlashing) {
  const auto model = engine::read::testing::TooLargeModel();
  const auto path = lab_->folder() / "large.tflite";
  ASSERT_EQ(base::WriteFileAtomic(path, model), absl::OkStatus());
  const auto job = lab_->Submit(path, "nucleo_f412zg", "");
  ASSERT_TRUE(job.ok()) << job.status();
  const auto end = lab_->Wait(job->id());
  ASSERT_TRUE(end.ok());
  ExpectRefused(*end);
}

INSTANTIATE_TEST_SUITE_P(
    Models, GoldenBytes,
    ::testing::Values(
        Model{"kws", "models/mlperf_tiny/kws_ref_model.tflite", 490},
        Model{"vww96", "models/mlperf_tiny/vww_96_int8.tflite", 96 * 96 * 3},
        Model{"ic", "models/mlperf_tiny/pretrainedResnet_quant.tflite",
              32 * 32 * 3},
        Model{"ad", "models/mlperf_tiny/ad01_int8.tflite", 640},
        Model{"mcunet-vww0", "models/mcunet/mcunet-vww0_10fps_vww.tflite",
              64 * 64 * 3},
        Model{"mcunet-vww2", "models/mcunet/mcunet-vww2_320kb-1mb_vww.tflite",
              144 * 144 * 3},
        Model{"mcunet-in2",
              "models/mcunet/mcunet-in2_256kb-1mb_imagenet.tflite",
              160 * 160 * 3},
        Model{"mcunet-in3",
              "models/mcunet/mcunet-in3_320kb-1mb_imagenet.tflite",
              176 * 176 * 3}),
    [](const auto& model) {
      std::string name = model.param.golden;
      std::ranges::replace(name, '-', '_');
      return name;
    });

}  // namespace
}  // namespace tinyrig::e2e
