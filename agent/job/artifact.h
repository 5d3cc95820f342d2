// The two kinds of blob that a lease names, taken apart and checked: what
// arrives here may be anything.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "boards/board.h"
#include "tinyrig/v1/compiled_model.pb.h"
#include "tinyrig/v1/dataset_file.pb.h"

namespace tinyrig::agent {

/// A .tinyrig file for this board: magic, message, image against its sha256
/// and its header's hash.
/// Errors: INVALID_ARGUMENT it is no such file, or for another board;
/// DATA_LOSS the image is not the one that the hashes name.
absl::StatusOr<v1::CompiledModel> ParseArtifact(std::span<const uint8_t> file,
                                                const boards::Board& board);

/// A packed dataset whose samples have `sample_bytes`.
/// Errors: INVALID_ARGUMENT it is no such file, or of another sample size.
absl::StatusOr<v1::DatasetFile> ParseDataset(std::span<const uint8_t> file,
                                             int64_t sample_bytes);

/// The input of a latency run without a dataset, the same on every machine:
/// byte i of an integer tensor is (37 i + 11) mod 256; element i of a float32
/// tensor is ((i mod 17) - 8) / 8.
std::vector<uint8_t> PatternInput(const v1::CompiledModel& model);

/// Sum of size_bytes over the inputs (the outputs).
int64_t InputBytes(const v1::CompiledModel& model);
int64_t OutputBytes(const v1::CompiledModel& model);

}  // namespace tinyrig::agent
