// Hostile files, checked before anything believes them: .tinyrig artifacts
// (8 bytes "TINYRIG1" + CompiledModel) and packed datasets ("TRDATA1\n" +
// DatasetFile). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "tinyrig/v1/compiled_model.pb.h"
#include "tinyrig/v1/dataset_file.pb.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::server {

inline constexpr std::string_view kArtifactMagic = "TINYRIG1";
inline constexpr std::string_view kDatasetMagic = "TRDATA1\n";
inline constexpr int64_t kMaxSamples = 1'000'000;

/// True when the bytes claim to be an artifact.
bool LooksLikeArtifact(std::string_view bytes);

/// INVALID_ARGUMENT: not an artifact, or its parts do not agree. DATA_LOSS:
/// the image does not hash to the sha256 that stands beside it.
absl::StatusOr<v1::CompiledModel> ParseArtifact(std::string_view bytes);

/// INVALID_ARGUMENT: no packed dataset, sizes that do not agree, a label that
/// is not in 0..class_count-1 (the message names the sample).
absl::StatusOr<v1::DatasetFile> ParseDataset(std::string_view bytes);

/// Bytes of all inputs, of all outputs, elements of the first output.
int64_t InputBytes(const v1::CompiledModel& model);
int64_t OutputBytes(const v1::CompiledModel& model);
int64_t ClassCount(const v1::CompiledModel& model);

/// INVALID_ARGUMENT: the samples have another size than the model's inputs, or
/// the model has fewer outputs than the dataset has classes.
absl::Status CheckDatasetFits(const v1::CompiledModel& model,
                              const v1::Dataset& dataset);

}  // namespace tinyrig::server
