#include "base/child.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <utility>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "base/clock.h"
#include "base/file.h"
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace tinyrig::base {
namespace {

constexpr int64_t kLookForFileMs = 5;

// Between fork and exec: only async-signal-safe calls.
[[noreturn]] void BecomeChild(const ChildOptions& options, char* const* argv,
                              pid_t parent, int log, int exec_error) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) {
    ::_exit(127);  // the parent died before prctl
  }
  ::setpgid(0, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(null, 0);
  if (log >= 0) {
    ::dup2(log, 1);
    ::dup2(log, 2);
  } else {
    ::dup2(options.output_fd >= 0 ? options.output_fd : null, 1);
  }
  if (options.file_limit_bytes > 0) {
    const auto bytes = static_cast<rlim_t>(options.file_limit_bytes);
    const rlimit limit{bytes, bytes};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ::execv(argv[0], argv);
  const int problem = errno;
  [[maybe_unused]] const ssize_t n =
      ::write(exec_error, &problem, sizeof problem);
  ::_exit(127);
}

absl::StatusOr<UniqueFd> OpenLog(const std::filesystem::path& path) {
  if (path.empty()) {
    return UniqueFd();
  }
  UniqueFd log(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!log.valid()) {
    return ErrnoStatus(errno, "open " + path.string());
  }
  return log;
}

// The error of exec; 0 when the program has begun.
int ExecError(int fd) {
  int problem = 0;
  ssize_t n = 0;
  do {
    n = ::read(fd, &problem, sizeof problem);
  } while (n < 0 && errno == EINTR);
  return n > 0 ? problem : 0;
}

void Reap(pid_t pid, int* status) {
  while (::waitpid(pid, status, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

absl::StatusOr<Child> Child::Start(const ChildOptions& options) {
  ASSIGN_OR_RETURN(const UniqueFd log, OpenLog(options.log_file));
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return ErrnoStatus(errno, "pipe");
  }
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  std::vector<char*> argv;
  for (const std::string& word : options.argv) {
    argv.push_back(const_cast<char*>(word.c_str()));
  }
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  Child child;
  child.log_file_ = options.log_file;
  const pid_t pid = ::fork();
  if (pid < 0) {
    return ErrnoStatus(errno, "fork");
  }
  if (pid == 0) {
    BecomeChild(options, argv.data(), parent, log.get(), write_end.get());
  }
  child.pid_ = pid;
  write_end.Reset();
  const int problem = ExecError(read_end.get());
  if (problem != 0) {
    child.Kill();
    return ErrnoStatus(problem, "start " + options.argv[0]);
  }
  child.pidfd_.Reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!child.pidfd_.valid()) {
    const int error = errno;
    child.Kill();
    return ErrnoStatus(error, "pidfd_open");
  }
  return child;
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)),
      log_file_(std::move(other.log_file_)) {}

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    End();
    pid_ = std::exchange(other.pid_, -1);
    pidfd_ = std::move(other.pidfd_);
    log_file_ = std::move(other.log_file_);
  }
  return *this;
}

bool Child::WaitEnd(int64_t timeout_ms) const {
  if (pid_ <= 0) {
    return true;
  }
  const Clock& clock = SystemClock();
  const int64_t end_us = clock.MonotonicMicros() + timeout_ms * 1000;
  pollfd ended{pidfd_.get(), POLLIN, 0};
  while (true) {
    const int64_t left_us =
        std::max<int64_t>(0, end_us - clock.MonotonicMicros());
    const int n = ::poll(
        &ended, 1,
        static_cast<int>(std::min<int64_t>((left_us + 999) / 1000, 60'000)));
    if (n > 0 || (n == 0 && left_us == 0)) {
      return n > 0;
    }
  }
}

void Child::Signal(int signal) const {
  if (pid_ > 0) {
    ::kill(pid_, signal);
  }
}

ChildExit Child::End(int64_t grace_ms) {
  Signal(SIGTERM);
  if (!WaitEnd(grace_ms) && pid_ > 0) {
    ::kill(-pid_, SIGKILL);
  }
  return Wait();
}

ChildExit Child::Kill() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);  // its group may not be there yet
    ::kill(-pid_, SIGKILL);
  }
  return Wait();
}

ChildExit Child::Wait() {
  if (pid_ <= 0) {
    return {};
  }
  // Not reaped yet, so the number of its group cannot be another's.
  siginfo_t info;
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) <
             0 &&
         errno == EINTR) {
  }
  ::kill(-pid_, SIGKILL);
  int status = 0;
  Reap(std::exchange(pid_, -1), &status);
  pidfd_.Reset();
  return WIFSIGNALED(status)
             ? ChildExit{.code = 0, .signal = WTERMSIG(status)}
             : ChildExit{.code = WEXITSTATUS(status), .signal = 0};
}

absl::StatusOr<std::string> Child::WaitForFile(
    const std::filesystem::path& path, int64_t timeout_ms) const {
  const Clock& clock = SystemClock();
  const int64_t end_us = clock.MonotonicMicros() + timeout_ms * 1000;
  while (true) {
    // Asked before the file: who writes it and ends at once was ready.
    const bool ended = WaitEnd(0);
    if (auto text = ReadTextFile(path); text.ok()) {
      return text;
    }
    if (ended) {
      return absl::UnavailableError("it ended before it was ready" + LogTail());
    }
    if (clock.MonotonicMicros() >= end_us) {
      return absl::DeadlineExceededError(
          absl::StrCat("not ready after ", timeout_ms, " ms", LogTail()));
    }
    static_cast<void>(WaitEnd(kLookForFileMs));
  }
}

std::string Child::LogTail(size_t lines) const {
  const auto text = ReadTextFile(log_file_);
  if (!text.ok() || text->empty()) {
    return "";
  }
  const std::vector<std::string> all =
      absl::StrSplit(absl::StripSuffix(*text, "\n"), '\n');
  std::string tail;
  for (size_t i = all.size() - std::min(lines, all.size()); i < all.size();
       ++i) {
    tail += "\n  " + log_file_.stem().string() + ": " + all[i];
  }
  return tail;
}

}  // namespace tinyrig::base
