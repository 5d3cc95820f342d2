// A child that lives as long as its owner wants it: a server, an agent, a
// virtual board. For one that runs to its end under limits: base/process.h.
// Tests: child_test.cc.
//
// The kernel kills the child when the THREAD that started it ends
// (PR_SET_PDEATHSIG counts threads, not processes): start it from a thread
// that lives at least as long. A parent that dies before the child could ask
// for that signal is noticed too: the child then does not begin.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/unique_fd.h"
#include <sys/types.h>

namespace tinyrig::base {

struct ChildOptions {
  std::vector<std::string> argv;  ///< argv[0] is a path, not looked up
  /// Standard output and error are appended to it. Empty: see below.
  std::filesystem::path log_file;
  /// Without a log file: the child's standard output, kept by the caller; -1:
  /// /dev/null. Its standard error is then the parent's.
  int output_fd = -1;
  int64_t file_limit_bytes = 0;  ///< RLIMIT_FSIZE; 0: none
};

/// How a child ended: by a signal, else with a code.
struct ChildExit {
  int code = 0;
  int signal = 0;  ///< 0: none
};

/// Owns one running child that leads a process group of its own, so Ctrl-C at
/// the terminal is the owner's to pass on. Its standard input is /dev/null, no
/// signal is blocked in it. One thread at a time.
class Child {
 public:
  /// What End() without argument gives the child before SIGKILL.
  static constexpr int64_t kGraceMs = 5000;

  Child() = default;  ///< owns nothing
  /// Returns when the program has begun.
  /// Errors: NOT_FOUND no such program or log folder; UNAVAILABLE it cannot
  /// start.
  static absl::StatusOr<Child> Start(const ChildOptions& options);

  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { End(); }

  /// -1: none, or it has been reaped.
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// False once it has ended; it is not reaped by this.
  [[nodiscard]] bool Running() const { return pid_ > 0 && !WaitEnd(0); }
  /// True when it ends within `timeout_ms`; it is not reaped by this.
  [[nodiscard]] bool WaitEnd(int64_t timeout_ms) const;
  void Signal(int signal) const;

  /// SIGTERM, `grace_ms` later SIGKILL to its whole group; reaped on return,
  /// and what it left in its group is killed.
  ChildExit End(int64_t grace_ms = kGraceMs);
  /// SIGKILL to the group at once; reaped on return.
  ChildExit Kill();
  /// Waits for its end without limit; reaped on return, its group killed.
  ChildExit Wait();

  /// The text of a file that the child writes (atomically) when it is ready.
  /// Errors: UNAVAILABLE it ended before, DEADLINE_EXCEEDED; both with the
  /// last lines of its log file.
  [[nodiscard]] absl::StatusOr<std::string> WaitForFile(
      const std::filesystem::path& path, int64_t timeout_ms) const;
  /// The log file's last `lines` lines, each on a line of its own; "" without
  /// a log.
  [[nodiscard]] std::string LogTail(size_t lines = 5) const;

 private:
  pid_t pid_ = -1;
  UniqueFd pidfd_;  ///< readable once the child has ended
  std::filesystem::path log_file_;
};

}  // namespace tinyrig::base
