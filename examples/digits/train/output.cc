#include "examples/digits/train/output.h"

#include <array>
#include <cstdio>
#include <span>
#include <vector>

#include "absl/strings/str_format.h"

#include "base/file.h"
#include "examples/digits/train/int8_eval.h"
#include "proto/file/dataset.h"

namespace tinyrig::digits {

std::string SampleName(int index) {
  return absl::StrFormat("digit_%03d_%d.bin", index,
                         LabelOf(static_cast<uint64_t>(index)));
}

absl::Status WriteDataset(uint64_t seed, const std::filesystem::path& path) {
  v1::DatasetFile dataset;
  dataset.set_preprocessing("raw");
  dataset.set_sample_bytes(kPixels);
  dataset.set_class_count(kClasses);
  for (int i = 0; i < kTestSamples; ++i) {
    const auto index = static_cast<uint64_t>(i);
    const std::vector<int8_t> values =
        QuantInput(DrawSample(seed, Split::kTest, index));
    dataset.add_names(SampleName(i));
    dataset.add_labels(LabelOf(index));
    dataset.mutable_inputs()->append(values.begin(), values.end());
  }
  RETURN_IF_ERROR(file::CheckDataset(dataset));
  return base::WriteFileAtomic(path, file::SerializeDataset(dataset));
}

absl::StatusOr<int> WriteExpected(uint64_t seed, const QuantModel& model,
                                  const std::filesystem::path& folder) {
  std::string rows = "file,label,prediction,output\n";
  int correct = 0;
  for (int i = 0; i < kTestSamples; ++i) {
    const auto index = static_cast<uint64_t>(i);
    const std::vector<int8_t> scores =
        Evaluate(model, QuantInput(DrawSample(seed, Split::kTest, index)));
    const int prediction = ArgMax(scores);
    correct += prediction == LabelOf(index) ? 1 : 0;
    absl::StrAppendFormat(&rows, "%s,%d,%d,", SampleName(i), LabelOf(index),
                          prediction);
    for (const int8_t score : scores) {
      absl::StrAppendFormat(&rows, "%02x", static_cast<uint8_t>(score));
    }
    rows += '\n';
  }
  RETURN_IF_ERROR(base::WriteFileAtomic(folder / "expected.csv", rows));
  return correct;
}

}  // namespace tinyrig::digits
