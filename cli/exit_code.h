// Exit codes of the tinyrig command; part of its contract (README.md).
#pragma once

#include "absl/status/status.h"

#include "tinyrig/v1/job.pb.h"

namespace tinyrig::cli {

enum ExitCode : int {
  kExitOk = 0,
  kExitRegression = 1,  ///< kept for verdicts
  kExitUsage = 2,       ///< the command or what it names is wrong
  kExitJobFailed = 3,   ///< failed on the device, or the model was refused
  kExitLab = 4,         ///< lab failure: agent lost, disk full, our bug
  kExitTimeout = 5,
  kExitServer = 6,  ///< server unreachable, or it refused
  kExitInterrupted = 130,
};

/// For an rpc that failed: what the server (or the way to it) said.
int ExitCodeOfRpc(const absl::Status& status);

/// For a model that was refused by the compiler in this process.
int ExitCodeOfCompile(const absl::Status& status);

/// For a job that has ended.
int ExitCodeOfJob(const v1::Job& job);

}  // namespace tinyrig::cli
