// A run of another server is a stranger's word: everything that can be
// computed is computed again and must agree. Pure: the clock is an argument.
#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"
#include "tinyrig/v1/transfer_service.pb.h"

namespace tinyrig::server {

/// INVALID_ARGUMENT names the field, what stands there and what is wanted.
/// `now_us`: microseconds since the Unix epoch; a day of clock skew is allowed.
absl::Status CheckRecord(const v1::RunRecord& record, int64_t now_us);

/// "r-12" of the server that made it, as a request id of this one.
std::string ImportRequestId(const v1::RunRecord& record);

}  // namespace tinyrig::server
