// The .tinyrig file: one compiled model with its flashable image, as the
// compiler writes it and server and agent take it in. Byte-exact page:
// docs/FILES.md. Tests: artifact_test.cc. Pure; from any thread.
//
//   +0 "TINYRIG1"          8 bytes, the 1 is the format's version
//   +8 v1.CompiledModel    protobuf, to the end of the file
//
// Whoever reads one through here has checked it: files come from users and
// may hold anything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "tinyrig/v1/compiled_model.pb.h"

namespace tinyrig::file {

inline constexpr std::string_view kArtifactMagic = "TINYRIG1";

/// Far above what any board or model has; beyond it a file is refused.
inline constexpr size_t kMaxImageBytes = 64ULL << 20;
inline constexpr int kMaxTensors = 64;  ///< inputs, and outputs
inline constexpr int64_t kMaxTensorElements = 1LL << 28;
inline constexpr int kMaxLayers = 65'535;  ///< the wire counts in 16 bits

/// True when the bytes begin as an artifact does; nothing else is looked at.
bool IsArtifact(std::string_view bytes);

/// The file's bytes. `model` is not checked: the compiler has made it.
std::string SerializeArtifact(const v1::CompiledModel& model);

/// The model of a whole file.
/// Errors: INVALID_ARGUMENT no artifact, cut or damaged, or as CheckArtifact;
/// DATA_LOSS as CheckArtifact.
absl::StatusOr<v1::CompiledModel> ParseArtifact(std::string_view bytes);
absl::StatusOr<v1::CompiledModel> ParseArtifact(std::span<const uint8_t> bytes);

/// What holds for every artifact: image, hashes, inputs and outputs are there;
/// a tensor is int8, uint8 or float32, its extents are at least 1 and make its
/// size_bytes; image, tensors and layers keep to the limits above; the image
/// ends within the 32-bit address space; the image hashes to image_sha256.
/// Whether it is for this board is the agent's question.
/// Errors: INVALID_ARGUMENT with the place ("artifact: inputs[1]: ...");
/// DATA_LOSS the image has another hash.
absl::Status CheckArtifact(const v1::CompiledModel& model);

/// Bytes of all inputs, of all outputs, as the wire carries them: one after
/// the other without padding.
int64_t InputBytes(const v1::CompiledModel& model);
int64_t OutputBytes(const v1::CompiledModel& model);

/// Elements of the first output, which is the one that is scored. `model` is
/// a checked one.
int64_t ClassCount(const v1::CompiledModel& model);

}  // namespace tinyrig::file
