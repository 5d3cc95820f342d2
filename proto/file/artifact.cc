#include "proto/file/artifact.h"

#include <limits>

#include "base/sha256.h"
#include "proto/file/magic.h"

namespace tinyrig::file {
namespace {

constexpr std::string_view kName = "artifact";

using Tensors = google::protobuf::RepeatedPtrField<v1::TensorInfo>;

int64_t ElementBytes(const std::string& type) {
  if (type == "int8" || type == "uint8") {
    return 1;
  }
  return type == "float32" ? 4 : 0;
}

absl::Status Bad(const std::string& detail) {
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(kName), ": ", detail));
}

absl::Status CheckTensor(const v1::TensorInfo& tensor,
                         const std::string& where) {
  const int64_t element_bytes = ElementBytes(tensor.type());
  if (element_bytes == 0) {
    return Bad(absl::StrCat(where, ": type \"", tensor.type().substr(0, 32),
                            "\" is none of int8, uint8, float32"));
  }
  int64_t elements = 1;
  for (const int32_t extent : tensor.shape()) {
    if (extent < 1 || elements > kMaxTensorElements / extent) {
      return Bad(absl::StrCat(where, ": extent ", extent,
                              " makes an impossible shape, at most ",
                              kMaxTensorElements, " elements are taken"));
    }
    elements *= extent;
  }
  if (tensor.size_bytes() != elements * element_bytes) {
    return Bad(absl::StrCat(where, ": ", elements, " elements of ",
                            tensor.type(), " say ", tensor.size_bytes(),
                            " bytes"));
  }
  return absl::OkStatus();
}

absl::Status CheckTensors(const Tensors& tensors, const std::string& name) {
  if (tensors.size() < 1 || tensors.size() > kMaxTensors) {
    return Bad(absl::StrCat(name, ": ", tensors.size(), " tensors, 1 to ",
                            kMaxTensors, " are wanted"));
  }
  for (int i = 0; i < tensors.size(); ++i) {
    RETURN_IF_ERROR(CheckTensor(tensors[i], absl::StrCat(name, "[", i, "]")));
  }
  return absl::OkStatus();
}

absl::Status CheckImage(const v1::CompiledModel& model) {
  const std::string& image = model.image();
  if (image.empty() || image.size() > kMaxImageBytes) {
    return Bad(absl::StrCat("image: ", image.size(), " bytes, 1 to ",
                            kMaxImageBytes, " are wanted"));
  }
  const int64_t room = int64_t{std::numeric_limits<uint32_t>::max()} + 1 -
                       static_cast<int64_t>(image.size());
  if (model.flash_base() < 0 || model.flash_base() > room) {
    return Bad(absl::StrCat("flash_base: ", model.flash_base(), " with ",
                            image.size(),
                            " bytes lies outside of 32-bit addresses"));
  }
  if (model.image_hash().empty()) {
    return Bad("image_hash: missing");
  }
  const std::string sha256 = base::Sha256Hex(
      std::span(reinterpret_cast<const uint8_t*>(image.data()), image.size()));
  if (sha256 != model.image_sha256()) {
    return absl::DataLossError(absl::StrCat(
        "artifact: its image hashes to ", sha256, ", the file says ",
        model.image_sha256().substr(0, 64), "; compile it again"));
  }
  return absl::OkStatus();
}

int64_t SumBytes(const Tensors& tensors) {
  int64_t sum = 0;
  for (const v1::TensorInfo& tensor : tensors) {
    sum += tensor.size_bytes();
  }
  return sum;
}

}  // namespace

bool IsArtifact(std::string_view bytes) {
  return bytes.starts_with(kArtifactMagic);
}

std::string SerializeArtifact(const v1::CompiledModel& model) {
  return SerializeWithMagic(kArtifactMagic, model);
}

absl::StatusOr<v1::CompiledModel> ParseArtifact(std::string_view bytes) {
  v1::CompiledModel model;
  RETURN_IF_ERROR(ParseAfterMagic(kName, kArtifactMagic, bytes, &model));
  RETURN_IF_ERROR(CheckArtifact(model));
  return model;
}

absl::StatusOr<v1::CompiledModel> ParseArtifact(
    std::span<const uint8_t> bytes) {
  return ParseArtifact(TextOf(bytes));
}

absl::Status CheckArtifact(const v1::CompiledModel& model) {
  if (!base::IsSha256Hex(model.model_sha256())) {
    return Bad("model_sha256: 64 lower-case hex digits are wanted");
  }
  RETURN_IF_ERROR(CheckTensors(model.inputs(), "inputs"));
  RETURN_IF_ERROR(CheckTensors(model.outputs(), "outputs"));
  if (model.layers_size() > kMaxLayers) {
    return Bad(absl::StrCat("layers: ", model.layers_size(), ", at most ",
                            kMaxLayers, " are taken"));
  }
  return CheckImage(model);
}

int64_t InputBytes(const v1::CompiledModel& model) {
  return SumBytes(model.inputs());
}

int64_t OutputBytes(const v1::CompiledModel& model) {
  return SumBytes(model.outputs());
}

int64_t ClassCount(const v1::CompiledModel& model) {
  const v1::TensorInfo& scored = model.outputs(0);
  return scored.size_bytes() / ElementBytes(scored.type());
}

}  // namespace tinyrig::file
