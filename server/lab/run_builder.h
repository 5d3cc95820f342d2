// A Run from what the board said, what the artifact knows and what is stored.
#pragma once

#include <string>

#include "base/status.h"
#include "server/lab/lab.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::server {

/// Derived from the chip's unique id alone: hex of "VIRT" in front is
/// EMULATED. INVALID_ARGUMENT: not 24 lower-case hex digits.
absl::StatusOr<v1::Origin> OriginOf(const std::string& board_uid);

/// The run as it will be stored, but for its id. Takes what the board measured
/// from `result`, what the compiler knows from the lease's artifact, accuracy
/// from the predictions that are stored.
///
/// INVALID_ARGUMENT: the result does not belong to this job: another image,
/// another chip, the wrong number of samples or layers; else as the store and
/// BlobStore::Read. Thread-safe.
absl::StatusOr<v1::Run> BuildRun(Lab& lab, const LiveLease& lease,
                                 const v1::DeviceResult& result);

}  // namespace tinyrig::server
