// The files that the program leaves: the test set, packed into one file
// (proto/file/dataset.h), and the expected outputs.
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

/// The packed test set at `path`: 576 int8 a sample, row by row, pixel - 128.
absl::Status WriteDataset(uint64_t seed, const std::filesystem::path& path);

/// FOLDER/expected.csv: `file,label,prediction,output` with the output's ten
/// bytes in hex.
/// \return how many of the kTestSamples are predicted rightly
absl::StatusOr<int> WriteExpected(uint64_t seed, const QuantModel& model,
                                  const std::filesystem::path& folder);

}  // namespace tinyrig::digits
