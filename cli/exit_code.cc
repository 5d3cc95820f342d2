#include "cli/exit_code.h"

namespace tinyrig::cli {

int ExitCodeOfRpc(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitOk;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kOutOfRange:
      return kExitUsage;
    case absl::StatusCode::kDeadlineExceeded:
      return kExitTimeout;
    case absl::StatusCode::kCancelled:
      return kExitInterrupted;
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kDataLoss:
      return kExitLab;
    default:
      return kExitServer;
  }
}

int ExitCodeOfCompile(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitOk;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kUnimplemented:
    case absl::StatusCode::kFailedPrecondition:
      return kExitJobFailed;
    case absl::StatusCode::kNotFound:
      return kExitUsage;
    case absl::StatusCode::kDeadlineExceeded:
      return kExitTimeout;
    default:
      return kExitLab;
  }
}

int ExitCodeOfJob(const v1::Job& job) {
  if (job.state() == v1::Job::SUCCEEDED) {
    return kExitOk;
  }
  if (job.state() == v1::Job::CANCELLED) {
    return kExitInterrupted;
  }
  switch (job.failure().failure_class()) {
    case v1::MODEL:
    case v1::BOARD:
      return kExitJobFailed;
    case v1::TIMEOUT:
      return kExitTimeout;
    default:
      return kExitLab;
  }
}

}  // namespace tinyrig::cli
