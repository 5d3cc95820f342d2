// Runs a child with a deadline and limits and captures what it prints. For
// short-lived children (compilers); long-lived ones: base/child.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace tinyrig::base {

struct ProcessOptions {
  std::vector<std::string> argv;         ///< argv[0] is looked up in PATH
  std::filesystem::path working_folder;  ///< empty: the parent's
  /// "NAME=value", added to or in place of the parent's.
  std::vector<std::string> environment;
  int64_t timeout_ms = 600'000;          ///< then SIGKILL to the whole group
  int64_t memory_limit_bytes = 0;        ///< RLIMIT_AS; 0: none
  int64_t cpu_limit_s = 0;               ///< RLIMIT_CPU; 0: none
  int64_t file_limit_bytes = 0;          ///< RLIMIT_FSIZE; 0: none
  int64_t output_limit_bytes = 1 << 20;  ///< what is kept of each stream
  /// Called with what the child prints, as it comes, in the calling thread.
  std::function<void(std::string_view)> on_out;
  /// When this becomes readable (an eventfd), the child's group is killed and
  /// `cancelled` is set. -1: none.
  int cancel_fd = -1;
};

struct ProcessResult {
  int exit_code = 0;  ///< 128 + signal number when killed by one
  bool timed_out = false;
  bool cancelled = false;
  std::string out;
  std::string err;
};

/// Starts, waits, reaps. A child that exits non-zero is a result, not an
/// error. Errors: NOT_FOUND no such program; UNAVAILABLE it cannot start.
/// A child is killed when the calling thread ends (PR_SET_PDEATHSIG).
absl::StatusOr<ProcessResult> RunProcess(const ProcessOptions& options);

}  // namespace tinyrig::base
