#include "server/compile/artifact.h"

#include <span>

#include "base/sha256.h"

namespace tinyrig::server {
namespace {

absl::Status Bad(std::string_view what, std::string_view detail) {
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(what), ": ", std::string(detail)));
}

template <typename Message>
bool ParseAfter(std::string_view magic, std::string_view bytes,
                Message& message) {
  if (!bytes.starts_with(magic) || bytes.size() > INT32_MAX) {
    return false;
  }
  bytes.remove_prefix(magic.size());
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

int64_t ElementBytes(const std::string& type) {
  if (type == "int8" || type == "uint8") {
    return 1;
  }
  return type == "float32" ? 4 : 0;
}

absl::Status CheckTensor(const v1::TensorInfo& tensor) {
  const int64_t element_bytes = ElementBytes(tensor.type());
  if (element_bytes == 0) {
    return Bad("artifact", absl::StrCat("tensor type \"", tensor.type(),
                                        "\" is none of int8, uint8, float32"));
  }
  int64_t elements = 1;
  for (const int32_t extent : tensor.shape()) {
    if (extent < 1 || elements > (1 << 28) / extent) {
      return Bad("artifact", "a tensor has an impossible shape");
    }
    elements *= extent;
  }
  if (tensor.size_bytes() != elements * element_bytes) {
    return Bad("artifact",
               absl::StrCat("tensor of ", elements, " ", tensor.type(),
                            " says ", tensor.size_bytes(), " bytes"));
  }
  return absl::OkStatus();
}

}  // namespace

bool LooksLikeArtifact(std::string_view bytes) {
  return bytes.starts_with(kArtifactMagic);
}

absl::StatusOr<v1::CompiledModel> ParseArtifact(std::string_view bytes) {
  v1::CompiledModel model;
  if (!ParseAfter(kArtifactMagic, bytes, model)) {
    return Bad("artifact", "not a .tinyrig file, or a damaged one");
  }
  if (model.image().empty() || model.inputs().empty() ||
      model.outputs().empty() || model.image_hash().empty() ||
      !base::IsSha256Hex(model.model_sha256())) {
    return Bad("artifact", "image, hashes, inputs or outputs are missing");
  }
  const std::string& image = model.image();
  const std::string sha256 = base::Sha256Hex(
      std::span(reinterpret_cast<const uint8_t*>(image.data()), image.size()));
  if (sha256 != model.image_sha256()) {
    return absl::DataLossError(
        absl::StrCat("artifact: its image hashes to ", sha256,
                     ", the file "
                     "says ",
                     model.image_sha256(), "; compile it again"));
  }
  for (const auto* tensors : {&model.inputs(), &model.outputs()}) {
    for (const v1::TensorInfo& tensor : *tensors) {
      RETURN_IF_ERROR(CheckTensor(tensor));
    }
  }
  return model;
}

absl::StatusOr<v1::DatasetFile> ParseDataset(std::string_view bytes) {
  v1::DatasetFile file;
  if (!ParseAfter(kDatasetMagic, bytes, file)) {
    return Bad("dataset", "not a packed dataset, or a damaged one");
  }
  const int64_t count = file.labels_size();
  if (count < 1 || count > kMaxSamples) {
    return Bad("dataset", absl::StrCat(count, " samples, 1 to ", kMaxSamples,
                                       " are wanted"));
  }
  if (file.names_size() != count) {
    return Bad("dataset", absl::StrCat(file.names_size(), " names for ", count,
                                       " labels"));
  }
  if (file.sample_bytes() < 1 ||
      file.sample_bytes() > static_cast<int64_t>(file.inputs().size()) ||
      file.sample_bytes() * count !=
          static_cast<int64_t>(file.inputs().size())) {
    return Bad(
        "dataset",
        absl::StrCat(count, " samples of ", file.sample_bytes(), " bytes, but ",
                     file.inputs().size(), " bytes of inputs"));
  }
  if (file.class_count() < 1) {
    return Bad("dataset", "class_count: at least 1 is wanted");
  }
  for (int i = 0; i < file.labels_size(); ++i) {
    if (file.labels(i) < 0 || file.labels(i) >= file.class_count()) {
      return Bad("dataset",
                 absl::StrCat("sample ", i, " (", file.names(i), "): label ",
                              file.labels(i), " is out of range, 0..",
                              file.class_count() - 1, " are the classes"));
    }
  }
  return file;
}

int64_t InputBytes(const v1::CompiledModel& model) {
  int64_t bytes = 0;
  for (const v1::TensorInfo& tensor : model.inputs()) {
    bytes += tensor.size_bytes();
  }
  return bytes;
}

int64_t OutputBytes(const v1::CompiledModel& model) {
  int64_t bytes = 0;
  for (const v1::TensorInfo& tensor : model.outputs()) {
    bytes += tensor.size_bytes();
  }
  return bytes;
}

int64_t ClassCount(const v1::CompiledModel& model) {
  return model.outputs(0).size_bytes() / ElementBytes(model.outputs(0).type());
}

absl::Status CheckDatasetFits(const v1::CompiledModel& model,
                              const v1::Dataset& dataset) {
  if (dataset.sample_bytes() != InputBytes(model)) {
    return Bad(
        absl::StrCat("dataset ", dataset.name()),
        absl::StrCat("a sample has ", dataset.sample_bytes(),
                     " bytes, the model's input takes ", InputBytes(model)));
  }
  if (dataset.class_count() > ClassCount(model)) {
    return Bad(absl::StrCat("dataset ", dataset.name()),
               absl::StrCat("labels out of range: ", dataset.class_count(),
                            " classes, the model has ", ClassCount(model),
                            " outputs"));
  }
  return absl::OkStatus();
}

}  // namespace tinyrig::server
