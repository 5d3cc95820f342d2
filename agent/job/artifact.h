// Whether the two files of a lease are for this board and this model. What
// holds for every artifact and dataset is checked in proto/file. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "boards/board.h"
#include "tinyrig/v1/compiled_model.pb.h"
#include "tinyrig/v1/dataset_file.pb.h"

namespace tinyrig::agent {

/// A .tinyrig file for this board, checked, its image against the hash in the
/// image's header too.
/// Errors: INVALID_ARGUMENT it is no such file, or for another board;
/// DATA_LOSS the image is not the one that the hashes name.
absl::StatusOr<v1::CompiledModel> ArtifactForBoard(
    std::span<const uint8_t> file, const boards::Board& board);

/// A packed dataset whose samples `model` takes.
/// Errors: INVALID_ARGUMENT it is no such file, or does not fit the model.
absl::StatusOr<v1::DatasetFile> DatasetForModel(std::span<const uint8_t> file,
                                                const v1::CompiledModel& model);

/// The input of a latency run without a dataset, the same on every machine:
/// byte i of an integer tensor is (37 i + 11) mod 256; element i of a float32
/// tensor is ((i mod 17) - 8) / 8. All inputs one after the other.
std::vector<uint8_t> PatternInput(const v1::CompiledModel& model);

}  // namespace tinyrig::agent
