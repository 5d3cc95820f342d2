// Predictions on their way into the store: checked, compared with the dataset's
// labels, appended.
#pragma once

#include "base/status.h"
#include "server/lab/lab.h"
#include "tinyrig/v1/agent_service.pb.h"

namespace tinyrig::server {

/// Sets the label and the predicted class of each and appends what is new of
/// them to the lease's job. `batch`: consecutive samples; 0 for an empty one.
///
/// The count that is stored now. INVALID_ARGUMENT: a gap, too many, or outputs
/// that are not as many bytes as the model gives; else as
/// Store::AddPredictions. Thread-safe.
absl::StatusOr<int64_t> StorePredictions(Lab& lab, const LiveLease& lease,
                                         const v1::PredictionBatch& batch);

}  // namespace tinyrig::server
