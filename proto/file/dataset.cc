#include "proto/file/dataset.h"

#include "proto/file/artifact.h"
#include "proto/file/magic.h"

namespace tinyrig::file {
namespace {

constexpr std::string_view kName = "dataset";
constexpr size_t kShownNameBytes = 80;

absl::Status Bad(const std::string& detail) {
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(kName), ": ", detail));
}

absl::Status CheckCounts(const v1::DatasetFile& dataset) {
  const int64_t count = dataset.labels_size();
  if (count < 1 || count > kMaxSamples) {
    return Bad(
        absl::StrCat(count, " samples, 1 to ", kMaxSamples, " are wanted"));
  }
  if (dataset.names_size() != count) {
    return Bad(
        absl::StrCat(dataset.names_size(), " names for ", count, " labels"));
  }
  if (dataset.class_count() < 1 || dataset.class_count() > kMaxClasses) {
    return Bad(absl::StrCat("class_count: ", dataset.class_count(), ", 1 to ",
                            kMaxClasses, " are wanted"));
  }
  const auto inputs_bytes = static_cast<int64_t>(dataset.inputs().size());
  // The first two keep the product below from overflowing.
  if (dataset.sample_bytes() < 1 || dataset.sample_bytes() > inputs_bytes ||
      dataset.sample_bytes() * count != inputs_bytes) {
    return Bad(absl::StrCat(count, " samples of ", dataset.sample_bytes(),
                            " bytes, but ", inputs_bytes, " bytes of inputs"));
  }
  if (inputs_bytes > kMaxInputsBytes) {
    return Bad(absl::StrCat(inputs_bytes, " bytes of inputs, at most ",
                            kMaxInputsBytes, " are taken"));
  }
  return absl::OkStatus();
}

}  // namespace

std::string SerializeDataset(const v1::DatasetFile& dataset) {
  return SerializeWithMagic(kDatasetMagic, dataset);
}

absl::StatusOr<v1::DatasetFile> ParseDataset(std::string_view bytes) {
  v1::DatasetFile dataset;
  RETURN_IF_ERROR(ParseAfterMagic(kName, kDatasetMagic, bytes, &dataset));
  RETURN_IF_ERROR(CheckDataset(dataset));
  return dataset;
}

absl::StatusOr<v1::DatasetFile> ParseDataset(std::span<const uint8_t> bytes) {
  return ParseDataset(TextOf(bytes));
}

absl::Status CheckDataset(const v1::DatasetFile& dataset) {
  RETURN_IF_ERROR(CheckCounts(dataset));
  for (int i = 0; i < dataset.labels_size(); ++i) {
    if (dataset.labels(i) < 0 || dataset.labels(i) >= dataset.class_count()) {
      return Bad(absl::StrCat(
          "sample ", i, " (", dataset.names(i).substr(0, kShownNameBytes),
          "): label ", dataset.labels(i), " is out of range, 0..",
          dataset.class_count() - 1, " are the classes"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckDatasetFits(const v1::CompiledModel& model,
                              int64_t sample_bytes, int64_t class_count) {
  if (sample_bytes != InputBytes(model)) {
    return absl::InvalidArgumentError(
        absl::StrCat("a sample has ", sample_bytes,
                     " bytes, the model's input takes ", InputBytes(model)));
  }
  if (class_count > ClassCount(model)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "labels out of range: ", class_count, " classes, the model has ",
        ClassCount(model), " outputs"));
  }
  return absl::OkStatus();
}

}  // namespace tinyrig::file
