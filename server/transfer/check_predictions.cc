#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "proto/file/dataset.h"
#include "server/stats/top1.h"
#include "server/transfer/check_parts.h"

namespace tinyrig::server {
namespace {

constexpr int64_t kMaxClasses = 1'000'000;

struct Outputs {
  size_t first_bytes = 0, all_bytes = 0;
  std::string type;
  int64_t class_count = 0;
};

absl::StatusOr<Outputs> OutputsOf(const v1::Run& run) {
  if (run.outputs().empty()) {
    return Wrong({"run.outputs"}, "none", "the tensor that was scored");
  }
  Outputs outputs;
  for (const v1::TensorInfo& tensor : run.outputs()) {
    outputs.all_bytes += static_cast<size_t>(tensor.size_bytes());
  }
  outputs.first_bytes = static_cast<size_t>(run.outputs(0).size_bytes());
  outputs.type = run.outputs(0).type();
  if (outputs.type != "int8" && outputs.type != "uint8" &&
      outputs.type != "float32") {
    return Wrong({"run.outputs", 0, "type"}, Quoted(outputs.type),
                 "int8, uint8 or float32");
  }
  const int64_t width = outputs.type == "float32" ? 4 : 1;
  outputs.class_count = run.outputs(0).size_bytes() / width;
  RETURN_IF_ERROR(CheckRange({"run.outputs", 0, "classes"}, outputs.class_count,
                             1, kMaxClasses));
  return outputs;
}

absl::Status CheckPrediction(const v1::Prediction& got, int i,
                             const Outputs& outputs) {
  const auto at = [i](std::string_view field) {
    return FieldPath{"predictions", i, field};
  };
  RETURN_IF_ERROR(CheckSame(at("sample_index"), got.sample_index(), i));
  RETURN_IF_ERROR(
      CheckText(at("sample_name"), got.sample_name(), kMaxTensorName));
  RETURN_IF_ERROR(CheckRange(at("cycles"), got.cycles(), 0, kMaxCount));
  RETURN_IF_ERROR(
      CheckRange(at("label"), got.label(), 0, outputs.class_count - 1));
  if (got.output().size() != outputs.all_bytes) {
    return Wrong(at("output"), absl::StrCat(got.output().size(), " bytes"),
                 absl::StrCat(outputs.all_bytes));
  }
  return CheckSame(
      at("predicted"), int64_t{got.predicted()},
      int64_t{
          ArgMax(std::string_view(got.output()).substr(0, outputs.first_bytes),
                 outputs.type)});
}

absl::Status CheckAccuracy(const v1::Accuracy& got,
                           const v1::Accuracy& wanted) {
  RETURN_IF_ERROR(CheckSame({"run.accuracy.class_count"}, got.class_count(),
                            wanted.class_count()));
  RETURN_IF_ERROR(
      CheckSame({"run.accuracy.total"}, got.total(), wanted.total()));
  RETURN_IF_ERROR(
      CheckSame({"run.accuracy.correct"}, got.correct(), wanted.correct()));
  RETURN_IF_ERROR(CheckClose({"run.accuracy.top1"}, got.top1(), wanted.top1()));
  RETURN_IF_ERROR(CheckSame({"run.accuracy.confusion length"},
                            got.confusion_size(), wanted.confusion_size()));
  for (int i = 0; i < got.confusion_size(); ++i) {
    RETURN_IF_ERROR(CheckSame({"run.accuracy.confusion", i}, got.confusion(i),
                              wanted.confusion(i)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckPredictions(const v1::RunRecord& record) {
  const v1::Run& run = record.run();
  if (run.dataset_sha256().empty()) {
    RETURN_IF_ERROR(CheckSame({"run.dataset_name"}, run.dataset_name(), ""));
    if (!record.predictions().empty() || run.has_accuracy()) {
      return Wrong({"predictions"},
                   absl::StrCat(record.predictions_size(), " and an accuracy"),
                   "none without a dataset");
    }
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(CheckHex({"run.dataset_sha256"}, run.dataset_sha256(), 64));
  RETURN_IF_ERROR(CheckRange({"predictions length"}, record.predictions_size(),
                             1, file::kMaxSamples));
  ASSIGN_OR_RETURN(const Outputs outputs, OutputsOf(run));
  std::map<std::pair<int32_t, int32_t>, int64_t> tally;
  for (int i = 0; i < record.predictions_size(); ++i) {
    const v1::Prediction& prediction = record.predictions(i);
    RETURN_IF_ERROR(CheckPrediction(prediction, i, outputs));
    ++tally[{prediction.label(), prediction.predicted()}];
  }
  std::vector<ClassCountEntry> counts;
  for (const auto& [pair, count] : tally) {
    counts.push_back({pair.first, pair.second, count});
  }
  return CheckAccuracy(
      run.accuracy(), Score(counts, static_cast<int32_t>(outputs.class_count)));
}

}  // namespace tinyrig::server
