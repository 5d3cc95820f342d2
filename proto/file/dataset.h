// The packed dataset: names, labels and inputs of all samples in one file that
// is known by its SHA-256. The client packs it from a folder, server and agent
// take it in. Byte-exact page: docs/FILES.md. Tests: dataset_test.cc. Pure;
// from any thread.
//
//   +0 "TRDATA1\n"         8 bytes, the 1 is the format's version
//   +8 v1.DatasetFile      protobuf, to the end of the file
//
// Whoever reads one through here has checked it: files come from users and
// may hold anything.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "tinyrig/v1/compiled_model.pb.h"
#include "tinyrig/v1/dataset_file.pb.h"

namespace tinyrig::file {

inline constexpr std::string_view kDatasetMagic = "TRDATA1\n";

/// Beyond these a dataset is refused: split it.
inline constexpr int64_t kMaxSamples = 1'000'000;
inline constexpr int64_t kMaxInputsBytes = 1LL << 30;  ///< of all samples
inline constexpr int32_t kMaxClasses = 65'536;

/// The file's bytes. `dataset` is not checked.
std::string SerializeDataset(const v1::DatasetFile& dataset);

/// The dataset of a whole file.
/// Errors: INVALID_ARGUMENT no dataset, cut or damaged, or as CheckDataset.
absl::StatusOr<v1::DatasetFile> ParseDataset(std::string_view bytes);
absl::StatusOr<v1::DatasetFile> ParseDataset(std::span<const uint8_t> bytes);

/// What holds for every dataset: 1 to kMaxSamples samples, each with a name
/// and a label in 0..class_count-1; 1 to kMaxClasses classes; inputs are
/// exactly sample_count * sample_bytes, at most kMaxInputsBytes.
/// Errors: INVALID_ARGUMENT with the place ("dataset: sample 3 (s3.bin): ...").
absl::Status CheckDataset(const v1::DatasetFile& dataset);

/// Can a model run on samples of `sample_bytes` bytes each and be scored by
/// labels of `class_count` classes? `model` is a checked one.
/// Errors: INVALID_ARGUMENT the samples have another size than the model's
/// inputs together, or the model has fewer outputs than there are classes.
absl::Status CheckDatasetFits(const v1::CompiledModel& model,
                              int64_t sample_bytes, int64_t class_count);

}  // namespace tinyrig::file
