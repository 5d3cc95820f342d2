// THE pipeline: an int8 .tflite file in, one board's flashable artifact out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "tinyrig/v1/compiled_model.pb.h"

namespace tinyrig::engine {

struct CompileOptions {
  std::string board_id;            ///< boards::FindBoard
  std::string model_name;          ///< for people; not part of the image
  std::string optimize = "speed";  ///< or "size"
  /// Kernels, ABI and firmware; empty: base::ShareFolder().
  std::filesystem::path share_folder;
  /// Generated sources, ELF and map stay here; empty: a temporary folder.
  std::filesystem::path keep_folder;
  /// Called at the begin of each step: "reading", "planning", ...
  std::function<void(std::string_view step)> progress;
};

/// "0.1.0+1a2b3c4d": the engine's release and the content of the kernels and
/// firmware that it compiles in. Equal inputs and equal versions give equal
/// images. Errors: UNAVAILABLE the share folder cannot be read.
absl::StatusOr<std::string> EngineVersion(
    const std::filesystem::path& share_folder = {});

/// Deterministic: equal model bytes, board, optimize and engine version give
/// equal image bytes, on every machine with the same compiler.
///
/// \param tflite  the whole file
/// Errors: INVALID_ARGUMENT a broken file, a float model, a bad option;
///         UNIMPLEMENTED an operator (named, with its index) or a property;
///         FAILED_PRECONDITION it does not fit: bytes needed and bytes there,
///         for SRAM and flash; NOT_FOUND no such board; UNAVAILABLE no
///         toolchain or no firmware; DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED,
///         INTERNAL the lab's or our fault.
absl::StatusOr<v1::CompiledModel> CompileModel(std::span<const uint8_t> tflite,
                                               const CompileOptions& options);

/// Refusals are about the model or the board, not about the lab: exit code 3.
bool IsRefusal(const absl::Status& status);

}  // namespace tinyrig::engine
