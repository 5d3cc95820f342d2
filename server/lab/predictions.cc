#include "server/lab/predictions.h"

#include <vector>

#include "proto/file/artifact.h"
#include "server/stats/top1.h"

namespace tinyrig::server {

absl::StatusOr<int64_t> StorePredictions(Lab& lab, const LiveLease& lease,
                                         const v1::PredictionBatch& batch) {
  if (batch.predictions().empty()) {
    return 0;
  }
  ASSIGN_OR_RETURN(const auto model, lab.models.Get(lease.artifact_sha256));
  ASSIGN_OR_RETURN(const std::vector<int32_t> labels,
                   lab.store.Labels(lease.dataset_sha256,
                                    batch.predictions(0).sample_index(),
                                    batch.predictions_size()));
  const auto output_bytes = static_cast<size_t>(file::OutputBytes(*model));
  const auto first_bytes = static_cast<size_t>(model->outputs(0).size_bytes());
  std::vector<v1::Prediction> checked;
  for (const v1::Prediction& prediction : batch.predictions()) {
    if (prediction.output().size() != output_bytes) {
      return absl::InvalidArgumentError(
          absl::StrCat("prediction of sample ", prediction.sample_index(),
                       " has ", prediction.output().size(),
                       " output bytes, the model gives ", output_bytes));
    }
    v1::Prediction& kept = checked.emplace_back(prediction);
    kept.set_label(checked.size() <= labels.size() ? labels[checked.size() - 1]
                                                   : -1);
    kept.set_predicted(
        ArgMax(std::string_view(prediction.output()).substr(0, first_bytes),
               model->outputs(0).type()));
  }
  return lab.store.AddPredictions(lease.job_id, lease.fence, checked);
}

}  // namespace tinyrig::server
