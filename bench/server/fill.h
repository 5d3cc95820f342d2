// A database as a busy lab has it after years, made quickly and always the
// same: by SQL in big transactions, with the rows that the server would write.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/status.h"

namespace tinyrig::bench {

struct FillOptions {
  int64_t runs = 1'000'000;
  int64_t layers_per_run = 20;
  int64_t samples_per_run = 10;  ///< what a job asks for by default
  int64_t models = 40;
  int64_t boards = 4;  ///< kinds
};

/// What the questions are about.
std::string ModelName(int64_t index);
std::string BoardKind(int64_t index);
std::string Submitter(int64_t index);
inline constexpr int64_t kSubmitters = 50;
inline constexpr int64_t kPredictionsPerRun = 1000;
/// The newest runs have predictions, a memory plan and a log.
inline constexpr int64_t kRunsWithAll = 200;

/// Fills `data`/tinyrig.db unless it holds that many runs already.
/// FAILED_PRECONDITION: it holds others.
absl::Status Fill(const std::filesystem::path& data,
                  const FillOptions& options);

}  // namespace tinyrig::bench
