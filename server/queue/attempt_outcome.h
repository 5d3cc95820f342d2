// What becomes of a job when an attempt is over without a result. Pure.
#pragma once

#include "tinyrig/v1/common.pb.h"
#include "tinyrig/v1/job.pb.h"

namespace tinyrig::server {

struct AttemptLimits {
  int max_failures = 3;  ///< retryable failures in a row without progress
  int max_losses = 10;   ///< lost agents in a row without progress
};

/// How an attempt ended.
struct AttemptEnd {
  enum class How { kFailed, kAgentLost, kTimeout, kCancelled };
  How how = How::kFailed;
  bool retryable = false;  ///< only with kFailed
  v1::Failure failure;     ///< only with kFailed: as the agent or server saw it
};

struct AttemptOutcome {
  v1::Job::State next = v1::Job::QUEUED;
  v1::Failure failure;  ///< set unless next is QUEUED
  int failed_count = 0, lost_count = 0;
};

/// `failed_count` and `lost_count` are those before this end; `stage` is where
/// it happened. A job that somebody cancelled is CANCELLED however it ends.
AttemptOutcome DecideOutcome(const AttemptEnd& end, int failed_count,
                             int lost_count, bool cancel_requested,
                             const char* stage, const AttemptLimits& limits);

}  // namespace tinyrig::server
