#include "agent/vboard/vboard_process.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <istream>
#include <thread>
#include <unistd.h>
#include <utility>

#include "boost/asio/read_until.hpp"

#include "base/file.h"
#include "base/log.h"
#include "base/unique_fd.h"
#include <sys/prctl.h>
#include <sys/wait.h>

namespace tinyrig::agent {
namespace {

constexpr int64_t kFirstPauseMs = 100;
constexpr int64_t kMaxPauseMs = 5000;
constexpr int kStopPolls = 100;  // of 10 ms
constexpr size_t kMaxLineBytes = 4096;

// The child; dies with the agent. Errors: UNAVAILABLE.
absl::StatusOr<pid_t> Spawn(const std::vector<std::string>& arguments,
                            int output) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const auto& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) {
    return base::ErrnoStatus(errno, "fork");
  }
  if (pid == 0) {  // only async-signal-safe calls from here
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
      ::_exit(127);  // the agent died before prctl
    }
    ::setpgid(0, 0);  // Ctrl-C at the terminal is the agent's to pass on
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    const int null = ::open("/dev/null", O_RDONLY);
    ::dup2(null, 0);
    ::dup2(output, 1);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  return pid;
}

}  // namespace

VboardProcess::VboardProcess(boost::asio::io_context* io, VboardOptions options)
    : io_(io),
      options_(std::move(options)),
      output_(*io),
      buffer_(kMaxLineBytes),
      restart_(*io) {}

VboardProcess::~VboardProcess() {
  Stop();
}

void VboardProcess::SetReady(bool ready, const std::string& why) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ready_ = ready;
  why_ = why;
}

absl::StatusOr<BoardEndpoints> VboardProcess::endpoints() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!ready_) {
    return absl::UnavailableError(absl::StrCat("virtual board: ", why_));
  }
  BoardEndpoints where;
  where.console = options_.link.string();
  where.loader = where.console + ".loader";
  where.control = where.console + ".control";
  return where;
}

void VboardProcess::Start() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    SetReady(false, "no pipe");
    return OnEnd();
  }
  base::UniqueFd read_end(ends[0]);
  const base::UniqueFd write_end(ends[1]);
  std::vector<std::string> arguments{options_.program, "--link",
                                     options_.link.string()};
  arguments.insert(arguments.end(), options_.arguments.begin(),
                   options_.arguments.end());
  SetReady(false, "starting");
  if (::access(options_.program.c_str(), X_OK) != 0) {
    SetReady(false, absl::StrCat("cannot run ", options_.program));
    return OnEnd();
  }
  const auto pid = Spawn(arguments, write_end.get());
  if (!pid.ok()) {
    SetReady(false, std::string(pid.status().message()));
    return OnEnd();
  }
  pid_ = *pid;
  buffer_.consume(buffer_.size());
  output_.assign(read_end.Release());
  ReadLine();
}

void VboardProcess::ReadLine() {
  boost::asio::async_read_until(
      output_, buffer_, '\n', [this](boost::system::error_code error, size_t) {
        if (error == boost::asio::error::operation_aborted) {
          return;
        }
        if (error) {
          return OnEnd();  // its standard output is closed: it has ended
        }
        std::istream stream(&buffer_);
        std::string line;
        std::getline(stream, line);
        OnLine(line);
        ReadLine();
      });
}

void VboardProcess::OnLine(const std::string& line) {
  LOG_DEBUG("agent", "{}: {}", options_.name, line);
  if (line.rfind("ready ", 0) == 0) {
    pause_ms_ = 0;
    SetReady(true, "");
  }
}

void VboardProcess::OnEnd() {
  boost::system::error_code ignored;
  output_.close(ignored);
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);  // in case it only closed its output
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    SetReady(false,
             WIFSIGNALED(status)
                 ? absl::StrCat("ended by signal ", WTERMSIG(status))
                 : absl::StrCat("ended with code ", WEXITSTATUS(status)));
  }
  if (stopping_) {
    return;
  }
  pause_ms_ = std::clamp(pause_ms_ * 2, kFirstPauseMs, kMaxPauseMs);
  LOG_WARNING("agent", "{}: {}; starting again in {} ms", options_.name,
              std::string(endpoints().status().message()), pause_ms_);
  restart_.expires_after(std::chrono::milliseconds(pause_ms_));
  restart_.async_wait([this](boost::system::error_code error) {
    if (!error && !stopping_) {
      Start();
    }
  });
}

void VboardProcess::Stop() {
  stopping_ = true;
  restart_.cancel();
  boost::system::error_code ignored;
  output_.close(ignored);
  if (pid_ <= 0) {
    return;
  }
  ::kill(pid_, SIGTERM);
  for (int i = 0; i < kStopPolls; ++i) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace tinyrig::agent
