// The example's committed files, as its tests read them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/status.h"

namespace tinyrig::digits {

/// One row of expected.csv.
struct Expected {
  std::string file;
  int label = 0;
  int prediction = 0;
  std::vector<int8_t> output;
};

struct Accuracy {
  int correct = 0;
  int total = 0;
  bool operator==(const Accuracy&) const = default;
};

/// examples/digits in the source tree.
std::filesystem::path ExampleFolder();

/// Errors: INVALID_ARGUMENT a row is not `file,label,prediction,hex`.
absl::StatusOr<std::vector<Expected>> ReadExpected();

/// What README.md states on its line "accuracy: C / T".
absl::StatusOr<Accuracy> StatedAccuracy();

}  // namespace tinyrig::digits
