#include "agent/job/artifact.h"

#include <cstring>

#include "base/sha256.h"
#include "boards/image_header.h"
#include "proto/file/artifact.h"
#include "proto/file/dataset.h"

namespace tinyrig::agent {

absl::StatusOr<v1::CompiledModel> ArtifactForBoard(
    std::span<const uint8_t> file, const boards::Board& board) {
  ASSIGN_OR_RETURN(auto model, file::ParseArtifact(file));
  if (model.board_id() != board.id) {
    return absl::InvalidArgumentError(
        absl::StrCat("artifact is compiled for ", model.board_id(),
                     ", this board is a ", board.id));
  }
  const std::string& image = model.image();
  ASSIGN_OR_RETURN(
      const auto hash,
      boards::CheckImageHeader(std::span(
          reinterpret_cast<const uint8_t*>(image.data()), image.size())));
  const std::string hex = base::Hex(hash);
  if (hex != model.image_hash()) {
    return absl::DataLossError(absl::StrCat("image header carries hash ", hex,
                                            ", artifact says ",
                                            model.image_hash()));
  }
  return model;
}

absl::StatusOr<v1::DatasetFile> DatasetForModel(
    std::span<const uint8_t> file, const v1::CompiledModel& model) {
  ASSIGN_OR_RETURN(auto dataset, file::ParseDataset(file));
  RETURN_IF_ERROR(
      base::WithContext(file::CheckDatasetFits(model, dataset.sample_bytes(),
                                               dataset.class_count()),
                        "dataset"));
  return dataset;
}

std::vector<uint8_t> PatternInput(const v1::CompiledModel& model) {
  std::vector<uint8_t> input;
  for (const auto& tensor : model.inputs()) {
    const auto bytes = static_cast<size_t>(tensor.size_bytes());
    const size_t start = input.size();
    input.resize(start + bytes);
    for (size_t i = 0; i < bytes; ++i) {
      input[start + i] = static_cast<uint8_t>(37 * i + 11);
    }
    if (tensor.type() == "float32") {
      for (size_t i = 0; i < bytes / sizeof(float); ++i) {
        const float value = (static_cast<float>(i % 17) - 8.0F) / 8.0F;
        std::memcpy(&input[start + i * sizeof value], &value, sizeof value);
      }
    }
  }
  return input;
}

}  // namespace tinyrig::agent
