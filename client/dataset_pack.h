// Packs a folder in the MLPerf Tiny / EEMBC layout into one content-addressed
// file (proto/file/dataset.h), and back: y_labels.csv with rows `file,class
// count,label` (no header) and the files of raw bytes that it names, all of one
// size. docs/DATASETS.md. Pure but for the disk; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/status.h"
#include "tinyrig/v1/dataset_file.pb.h"

namespace tinyrig::client {

enum class Preprocessing {
  kRaw,           ///< the bytes are the input tensor
  kPixelMinus128  ///< uint8 pixels; int8 input = pixel - 128
};

/// "raw" or "pixel-128". INVALID_ARGUMENT otherwise.
absl::StatusOr<Preprocessing> ParsePreprocessing(const std::string& text);

/// Errors, each with the row: INVALID_ARGUMENT a row with other than three
/// fields, a class count that changes, a label out of range, a name that leaves
/// the folder or stands twice, a file of another size; NOT_FOUND no
/// y_labels.csv or no such file; RESOURCE_EXHAUSTED more than 1,000,000 rows or
/// 1 GiB.
absl::StatusOr<v1::DatasetFile> PackDataset(const std::filesystem::path& folder,
                                            Preprocessing preprocessing);

/// A folder as PackDataset, or a packed file as it is: that one is packed
/// already, so `preprocessing` must be kRaw. Errors: also INVALID_ARGUMENT the
/// file is no dataset.
absl::StatusOr<v1::DatasetFile> LoadDataset(const std::filesystem::path& path,
                                            Preprocessing preprocessing);

/// Whether LoadDataset would take it: a folder, or a file that begins like a
/// packed dataset.
bool IsDatasetPath(const std::filesystem::path& path);

/// Writes y_labels.csv and one file per sample, inputs as they are packed. The
/// folder is made if it is not there. Errors: INVALID_ARGUMENT a sample's name
/// is no file name inside the folder; those of the disk.
absl::Status UnpackDataset(const v1::DatasetFile& dataset,
                           const std::filesystem::path& folder);

/// [a-z0-9][a-z0-9_.-]{0,63} made from a folder's name.
std::string DatasetNameOf(const std::filesystem::path& folder);

}  // namespace tinyrig::client
