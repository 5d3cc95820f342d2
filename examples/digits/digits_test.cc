// The committed data set, README and expected outputs agree with the program
// that made them.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/file.h"
#include "base/process.h"
#include "examples/digits/committed_files.h"
#include "examples/digits/train/int8_eval.h"
#include "examples/digits/train/output.h"

namespace tinyrig::digits {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kSeed = 1;  // of the committed files

std::vector<std::string> FileNames(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

void ExpectCommittedDataset(const fs::path& got) {
  const auto got_bytes = base::ReadFile(got);
  const auto want_bytes = base::ReadFile(ExampleFolder() / "dataset");
  ASSERT_TRUE(got_bytes.ok() && want_bytes.ok()) << got;
  EXPECT_EQ(*got_bytes, *want_bytes);
}

TEST(Dataset, IsRedrawnByteForByteFromItsSeed) {
  auto folder = base::TempDir::Create("digits");
  ASSERT_TRUE(folder.ok()) << folder.status();
  ASSERT_TRUE(WriteDataset(kSeed, folder->path() / "dataset").ok());
  ExpectCommittedDataset(folder->path() / "dataset");
}

TEST(Dataset, DiffersFromSeedToSeedAndFromTheTrainingSamples) {
  for (uint64_t i = 0; i < 20; ++i) {
    const Image image = DrawSample(kSeed, Split::kTest, i);
    EXPECT_NE(image, DrawSample(kSeed + 1, Split::kTest, i));
    EXPECT_NE(image, DrawSample(kSeed, Split::kTrain, i));
    EXPECT_NE(image, DrawSample(kSeed, Split::kTest, i + kClasses));
  }
}

TEST(Dataset, HasTheSameNumberOfEachDigit) {
  const auto rows = ReadExpected();
  ASSERT_TRUE(rows.ok()) << rows.status();
  std::vector<int> counts(kClasses);
  for (const Expected& row : *rows) {
    ++counts.at(static_cast<size_t>(row.label));
  }
  EXPECT_THAT(counts, testing::Each(kTestSamples / kClasses));
}

TEST(Expected, GivesTheAccuracyThatTheReadmeStates) {
  const auto rows = ReadExpected();
  ASSERT_TRUE(rows.ok()) << rows.status();
  Accuracy got;
  for (size_t i = 0; i < rows->size(); ++i) {
    const Expected& row = (*rows)[i];
    EXPECT_EQ(row.file, SampleName(static_cast<int>(i)));
    ASSERT_EQ(row.output.size(), static_cast<size_t>(kClasses)) << row.file;
    EXPECT_EQ(row.prediction, ArgMax(row.output)) << row.file;
    got.correct += row.prediction == row.label ? 1 : 0;
    ++got.total;
  }
  const auto stated = StatedAccuracy();
  ASSERT_TRUE(stated.ok()) << stated.status();
  EXPECT_EQ(got.correct, stated->correct);
  EXPECT_EQ(got.total, stated->total);
  EXPECT_EQ(got.total, kTestSamples);
}

base::ProcessResult RunProgram(std::vector<std::string> arguments) {
  base::ProcessOptions options;
  options.argv = std::move(arguments);
  options.argv.insert(options.argv.begin(),
                      std::string(TINYRIG_BINARY_DIR) + "/bin/tinyrig-digits");
  auto result = base::RunProcess(options);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *std::move(result) : base::ProcessResult{-1};
}

TEST(Program, DatasetOnlyWritesTheCommittedDataset) {
  auto folder = base::TempDir::Create("digits");
  ASSERT_TRUE(folder.ok()) << folder.status();
  const base::ProcessResult result =
      RunProgram({"--dataset-only", "--seed", std::to_string(kSeed), "--out",
                  folder->path().string()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(FileNames(folder->path()), testing::ElementsAre("dataset"));
  ExpectCommittedDataset(folder->path() / "dataset");
}

TEST(Program, TrainsAndWritesEveryFile) {
  auto folder = base::TempDir::Create("digits");
  ASSERT_TRUE(folder.ok()) << folder.status();
  const base::ProcessResult result =
      RunProgram({"--batches", "1", "--out", folder->path().string()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(FileNames(folder->path()),
              testing::ElementsAre("dataset", "digits.tflite", "expected.csv"));
}

TEST(Program, HelpNamesTheOptionsAndBadUsageExitsWith2) {
  const base::ProcessResult help = RunProgram({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  for (const char* option : {"--seed", "--out", "--dataset-only"}) {
    EXPECT_THAT(help.out, testing::HasSubstr(option));
  }
  EXPECT_EQ(RunProgram({}).exit_code, 2);
  EXPECT_EQ(RunProgram({"--out", "x", "--seed", "one"}).exit_code, 2);
}

TEST(Program, SaysWhatItCannotWrite) {
  const base::ProcessResult result =
      RunProgram({"--dataset-only", "--out", "/dev/null/digits"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, testing::HasSubstr("/dev/null/digits"));
}

}  // namespace
}  // namespace tinyrig::digits
