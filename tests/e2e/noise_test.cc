// Line noise: one flipped byte in 10,000 in both directions. The results stay
// exactly right; it only takes longer.
#include "absl/strings/str_split.h"
#include <gtest/gtest.h>

#include "base/sha256.h"
#include "client/dataset_pack.h"
#include "tests/e2e/lab.h"

namespace tinyrig::e2e {
namespace {

std::string OutputsHex(const std::vector<v1::Prediction>& predictions) {
  std::string text;
  for (const v1::Prediction& prediction : predictions) {
    const std::string& bytes = prediction.output();
    text += prediction.sample_name() + " " +
            base::Hex({reinterpret_cast<const uint8_t*>(bytes.data()),
                       bytes.size()}) +
            "\n";
  }
  return text;
}

std::string ExpectedHex() {
  std::string text;
  const auto csv =
      base::ReadTextFile(SourcePath("examples/digits/expected.csv"));
  for (const absl::string_view line : absl::StrSplit(*csv, '\n')) {
    const std::vector<std::string> fields = absl::StrSplit(line, ',');
    if (fields.size() == 4 && fields[0] != "file") {
      text += fields[0] + " " + fields[3] + "\n";
    }
  }
  return text;
}

TEST(Noise, FlippedBytesCostTimeNotResults) {
  TestLab lab;
  ASSERT_EQ(lab.StartServer(), absl::OkStatus());
  ASSERT_EQ(lab.StartAgentWithConfig(R"(
boards:
  - name: noisy
    board: nucleo_f746zg
    virtual:
      faults: "flip=1/10000"
      seed: 7
)"),
            absl::OkStatus());
  ASSERT_EQ(lab.WaitForIdleBoards(1), absl::OkStatus());
  const auto packed = client::LoadDataset(SourcePath("examples/digits/dataset"),
                                          client::Preprocessing::kRaw);
  ASSERT_TRUE(packed.ok());
  const auto dataset = lab.ImportDataset(*packed);
  ASSERT_TRUE(dataset.ok());
  const auto run = lab.RunModel(SourcePath("examples/digits/digits.tflite"),
                                "nucleo_f746zg", *dataset);
  ASSERT_TRUE(run.ok()) << run.status();
  const auto predictions = lab.Predictions(run->id());
  ASSERT_TRUE(predictions.ok());
  EXPECT_EQ(OutputsHex(*predictions), ExpectedHex());
  // The plan must have done its work, or this test proves nothing.
  bool repeated = false;
  ASSERT_EQ(lab.client().GetJobLog(run->job_id(), false,
                                   [&](const v1::JobLogLine& line) {
                                     repeated =
                                         repeated ||
                                         line.text().find("sent again") !=
                                             std::string::npos;
                                   }),
            absl::OkStatus());
  EXPECT_TRUE(repeated) << "no frame was damaged: " << lab.Logs();
}

}  // namespace
}  // namespace tinyrig::e2e
