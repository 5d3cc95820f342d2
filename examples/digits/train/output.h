// The files that the program leaves: the test set in the MLPerf Tiny layout
// (y_labels.csv and one raw tensor per sample) and the expected outputs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/status.h"
#include "examples/digits/train/draw.h"
#include "examples/digits/train/quantise.h"

namespace tinyrig::digits {

constexpr int kTestSamples = 300;  ///< 30 of each digit

/// "digit_007_7.bin": number and label.
std::string SampleName(int index);

/// FOLDER/y_labels.csv with rows `file,10,label`, and 576 int8 per file: row
/// by row, pixel - 128.
absl::Status WriteDataset(uint64_t seed, const std::filesystem::path& folder);

/// FOLDER/expected.csv: `file,label,prediction,output` with the output's ten
/// bytes in hex.
/// \return how many of the kTestSamples are predicted rightly
absl::StatusOr<int> WriteExpected(uint64_t seed, const QuantModel& model,
                                  const std::filesystem::path& folder);

}  // namespace tinyrig::digits
