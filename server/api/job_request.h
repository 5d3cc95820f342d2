// A CreateJob request, checked and completed with its defaults.
#pragma once

#include "base/status.h"
#include "server/lab/lab.h"
#include "server/store/store.h"
#include "tinyrig/v1/lab_service.pb.h"

namespace tinyrig::server {

/// The row that CreateJob adds. An uploaded artifact is checked here and
/// stands in `artifact_sha256` at once. Errors: those of CreateJob.
absl::StatusOr<JobRecord> CheckJobRequest(Lab& lab,
                                          const v1::CreateJobRequest& request);

}  // namespace tinyrig::server
