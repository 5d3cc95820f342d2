#include "agent/job/artifact.h"

#include <cstring>
#include <string_view>

#include "base/sha256.h"
#include "boards/image_header.h"

namespace tinyrig::agent {
namespace {

constexpr std::string_view kArtifactMagic = "TINYRIG1";
constexpr std::string_view kDatasetMagic = "TRDATA1\n";

template <typename T>
absl::StatusOr<T> ParseMessage(std::span<const uint8_t> file,
                               std::string_view magic, const char* what) {
  if (file.size() < magic.size() ||
      std::memcmp(file.data(), magic.data(), magic.size()) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, " does not begin with its magic bytes (",
                     file.size(), " bytes)"));
  }
  T message;
  const auto body = file.subspan(magic.size());
  if (!message.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, " is damaged behind its magic bytes"));
  }
  return message;
}

template <typename Tensors>
int64_t SumBytes(const Tensors& tensors) {
  int64_t sum = 0;
  for (const auto& tensor : tensors) {
    sum += tensor.size_bytes();
  }
  return sum;
}

std::span<const uint8_t> BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

absl::StatusOr<v1::CompiledModel> ParseArtifact(std::span<const uint8_t> file,
                                                const boards::Board& board) {
  ASSIGN_OR_RETURN(auto model, ParseMessage<v1::CompiledModel>(
                                   file, kArtifactMagic, "artifact"));
  if (model.board_id() != board.id) {
    return absl::InvalidArgumentError(
        absl::StrCat("artifact is compiled for ", model.board_id(),
                     ", this board is a ", board.id));
  }
  const std::string sha256 = base::Sha256Hex(BytesOf(model.image()));
  if (sha256 != model.image_sha256()) {
    return absl::DataLossError(absl::StrCat("artifact's image hashes to ",
                                            sha256, ", wanted ",
                                            model.image_sha256()));
  }
  ASSIGN_OR_RETURN(const auto hash,
                   boards::CheckImageHeader(BytesOf(model.image())));
  if (base::Hex(hash) != model.image_hash()) {
    return absl::DataLossError(absl::StrCat("image header carries hash ",
                                            base::Hex(hash), ", artifact says ",
                                            model.image_hash()));
  }
  return model;
}

absl::StatusOr<v1::DatasetFile> ParseDataset(std::span<const uint8_t> file,
                                             int64_t sample_bytes) {
  ASSIGN_OR_RETURN(
      auto data, ParseMessage<v1::DatasetFile>(file, kDatasetMagic, "dataset"));
  if (data.sample_bytes() != sample_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("dataset samples have ", data.sample_bytes(),
                     " bytes, the model's input has ", sample_bytes));
  }
  const auto count = static_cast<int64_t>(data.labels_size());
  if (sample_bytes <= 0 ||
      static_cast<int64_t>(data.inputs().size()) != count * sample_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("dataset has ", data.inputs().size(), " input bytes for ",
                     count, " samples of ", sample_bytes, " bytes"));
  }
  return data;
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

int64_t InputBytes(const v1::CompiledModel& model) {
  return SumBytes(model.inputs());
}
int64_t OutputBytes(const v1::CompiledModel& model) {
  return SumBytes(model.outputs());
}

}  // namespace tinyrig::agent
