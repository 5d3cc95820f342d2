#include "base/process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/unique_fd.h"
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

namespace tinyrig::base {
namespace {

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

absl::StatusOr<Pipe> MakePipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return ErrnoStatus(errno, "pipe");
  }
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void Limit(__rlimit_resource resource, int64_t value) {
  if (value > 0) {
    const rlimit limit{static_cast<rlim_t>(value), static_cast<rlim_t>(value)};
    ::setrlimit(resource, &limit);
  }
}

bool SameName(const char* variable, const std::string& assignment) {
  const size_t length = assignment.find('=') + 1;
  return std::strncmp(variable, assignment.c_str(), length) == 0;
}

// Made before the fork: afterwards nothing may allocate.
std::vector<char*> Environment(const ProcessOptions& options) {
  std::vector<char*> all;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (std::ranges::none_of(options.environment, [&](const auto& ours) {
          return SameName(*variable, ours);
        })) {
      all.push_back(*variable);
    }
  }
  for (const std::string& assignment : options.environment) {
    all.push_back(const_cast<char*>(assignment.c_str()));
  }
  all.push_back(nullptr);
  return all;
}

// Between fork and exec: only async-signal-safe calls.
[[noreturn]] void BecomeChild(const ProcessOptions& options, char* const* argv,
                              char* const* envp, pid_t parent, int out, int err,
                              int exec_error) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) {
    ::_exit(127);  // the parent died before prctl
  }
  ::setpgid(0, 0);
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
  Limit(RLIMIT_AS, options.memory_limit_bytes);
  Limit(RLIMIT_CPU, options.cpu_limit_s);
  Limit(RLIMIT_FSIZE, options.file_limit_bytes);
  int problem = 0;
  if (!options.working_folder.empty() &&
      ::chdir(options.working_folder.c_str()) != 0) {
    problem = errno;
  } else {
    ::execvpe(argv[0], argv, envp);
    problem = errno;
  }
  [[maybe_unused]] const ssize_t n =
      ::write(exec_error, &problem, sizeof problem);
  ::_exit(127);
}

using OnOut = std::function<void(std::string_view)>;

// Takes what is there; false at the end of the stream.
bool Drain(int fd, std::string& into, int64_t limit_bytes,
           const OnOut& on_out) {
  char chunk[16384];
  const ssize_t n = ::read(fd, chunk, sizeof chunk);
  if (n < 0) {
    return errno == EINTR || errno == EAGAIN;
  }
  if (on_out && n > 0) {
    on_out(std::string_view(chunk, static_cast<size_t>(n)));
  }
  const auto room = static_cast<size_t>(
      std::max<int64_t>(0, limit_bytes - static_cast<int64_t>(into.size())));
  into.append(chunk, std::min(room, static_cast<size_t>(n)));
  return n > 0;
}

void Collect(pid_t pid, Pipe& out, Pipe& err, const ProcessOptions& options,
             ProcessResult& result) {
  const int64_t deadline_us =
      SystemClock().MonotonicMicros() + options.timeout_ms * 1000;
  while (out.read_end.valid() || err.read_end.valid()) {
    const int64_t left_us = deadline_us - SystemClock().MonotonicMicros();
    if (left_us <= 0) {
      result.timed_out = true;
      ::kill(-pid, SIGKILL);
      return;
    }
    pollfd fds[3] = {{out.read_end.get(), POLLIN, 0},
                     {err.read_end.get(), POLLIN, 0},
                     {options.cancel_fd, POLLIN, 0}};
    ::poll(fds, 3,
           static_cast<int>(std::min<int64_t>(left_us / 1000 + 1, 60'000)));
    if (fds[2].revents != 0) {
      result.cancelled = true;
      ::kill(-pid, SIGKILL);
      return;
    }
    if (fds[0].revents != 0 &&
        !Drain(out.read_end.get(), result.out, options.output_limit_bytes,
               options.on_out)) {
      out.read_end.Reset();
    }
    if (fds[1].revents != 0 && !Drain(err.read_end.get(), result.err,
                                      options.output_limit_bytes, nullptr)) {
      err.read_end.Reset();
    }
  }
}

int ExitCode(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status)
                                  : WEXITSTATUS(wait_status);
}

}  // namespace

absl::StatusOr<ProcessResult> RunProcess(const ProcessOptions& options) {
  ASSIGN_OR_RETURN(Pipe out, MakePipe());
  ASSIGN_OR_RETURN(Pipe err, MakePipe());
  ASSIGN_OR_RETURN(Pipe exec_error, MakePipe());
  std::vector<char*> argv;
  for (const std::string& word : options.argv) {
    argv.push_back(const_cast<char*>(word.c_str()));
  }
  argv.push_back(nullptr);
  std::vector<char*> environment = Environment(options);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) {
    return ErrnoStatus(errno, "fork");
  }
  if (pid == 0) {
    BecomeChild(options, argv.data(), environment.data(), parent,
                out.write_end.get(), err.write_end.get(),
                exec_error.write_end.get());
  }
  out.write_end.Reset();
  err.write_end.Reset();
  exec_error.write_end.Reset();
  int problem = 0;
  ProcessResult result;
  const bool failed_to_start =
      ::read(exec_error.read_end.get(), &problem, sizeof problem) > 0;
  if (!failed_to_start) {
    Collect(pid, out, err, options, result);
  }
  int wait_status = 0;
  while (::waitpid(pid, &wait_status, 0) < 0 && errno == EINTR) {
  }
  if (failed_to_start) {
    return ErrnoStatus(problem, "start " + options.argv[0]);
  }
  result.exit_code = ExitCode(wait_status);
  return result;
}

}  // namespace tinyrig::base
