// Predictions on their way into the store: checked, judged by the dataset's
// labels, appended.
#pragma once

#include "base/status.h"
#include "server/lab/lab.h"
#include "tinyrig/v1/agent_service.pb.h"

namespace tinyrig::server {

/// The count that is stored now. INVALID_ARGUMENT: a gap, too many, or outputs
/// of the wrong size; else as Store::AddPredictions. Callers hold Lab::mutex.
absl::StatusOr<int64_t> StorePredictions(Lab& lab, const LiveLease& lease,
                                         const v1::PredictionBatch& batch);

}  // namespace tinyrig::server
