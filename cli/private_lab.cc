#include "cli/private_lab.h"

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
#include "base/resources.h"
#include "base/unique_fd.h"
#include <sys/prctl.h>
#include <sys/wait.h>

namespace tinyrig::cli {
namespace {

constexpr int64_t kStartTimeoutUs = 30'000'000;
constexpr int kPollMs = 20;
constexpr int kEndTimeoutMs = 5000;

void Pause(int milliseconds) {
  ::poll(nullptr, 0, milliseconds);
}

bool Reap(pid_t pid, int timeout_ms) {
  for (int waited_ms = 0; waited_ms <= timeout_ms; waited_ms += kPollMs) {
    if (::waitpid(pid, nullptr, WNOHANG) != 0) {
      return true;
    }
    Pause(kPollMs);
  }
  return false;
}

}  // namespace

absl::StatusOr<ServiceProcess> ServiceProcess::Start(
    const std::vector<std::string>& argv, const std::string& log) {
  std::vector<char*> words;
  for (const std::string& word : argv) {
    words.push_back(const_cast<char*>(word.c_str()));
  }
  words.push_back(nullptr);
  const base::UniqueFd out(
      ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!out.valid()) {
    return base::ErrnoStatus(errno, "open " + log);
  }
  const pid_t pid = ::fork();
  if (pid < 0) {
    return base::ErrnoStatus(errno, "fork");
  }
  if (pid == 0) {
    ::setpgid(0, 0);  // Ctrl-C is ours to pass on
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::dup2(out.get(), 1);
    ::dup2(out.get(), 2);
    ::execv(words[0], words.data());
    ::_exit(127);
  }
  return ServiceProcess(pid);
}

ServiceProcess::ServiceProcess(ServiceProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)) {}

ServiceProcess& ServiceProcess::operator=(ServiceProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  return *this;
}

ServiceProcess::~ServiceProcess() {
  if (pid_ < 0) {
    return;
  }
  ::kill(pid_, SIGTERM);
  if (!Reap(pid_, kEndTimeoutMs)) {
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

void ServiceProcess::Kill() {
  if (pid_ >= 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
}

bool ServiceProcess::Running() {
  if (pid_ >= 0 && ::waitpid(pid_, nullptr, WNOHANG) != 0) {
    pid_ = -1;
  }
  return pid_ >= 0;
}

std::string PrivateLab::LogTail(const std::string& name) const {
  const auto text = base::ReadTextFile(folder_.path() / (name + ".log"));
  if (!text.ok()) {
    return "";
  }
  std::vector<std::string> lines =
      absl::StrSplit(absl::StripSuffix(*text, "\n"), '\n');
  lines.erase(lines.begin(),
              lines.end() - std::min<std::ptrdiff_t>(
                                5, static_cast<std::ptrdiff_t>(lines.size())));
  std::string tail;
  for (const std::string& line : lines) {
    tail += "\n  " + name + ": " + line;
  }
  return tail;
}

absl::Status PrivateLab::StartServer() {
  const std::string ready = folder_.path() / "server.ready";
  ASSIGN_OR_RETURN(
      ServiceProcess server,
      ServiceProcess::Start(
          {base::SiblingProgram("tinyrig-server"), "--listen", "127.0.0.1:0",
           "--data", folder_.path() / "data", "--ready-file", ready},
          folder_.path() / "server.log"));
  children_.push_back(std::move(server));
  const int64_t start_us = base::SystemClock().MonotonicMicros();
  while (base::SystemClock().MonotonicMicros() - start_us < kStartTimeoutUs) {
    if (const auto text = base::ReadTextFile(ready); text.ok()) {
      address_ = std::string(absl::StripAsciiWhitespace(*text));
      return absl::OkStatus();
    }
    if (!children_.back().Running()) {
      break;
    }
    Pause(kPollMs);
  }
  return absl::UnavailableError("the private server did not start" +
                                LogTail("server"));
}

absl::Status PrivateLab::StartAgent(const std::vector<std::string>& kinds) {
  std::vector<std::string> argv = {base::SiblingProgram("tinyrig-agent"),
                                   "--server",
                                   address_,
                                   "--id",
                                   "private",
                                   "--state",
                                   folder_.path() / "agent"};
  for (const std::string& kind : kinds) {
    argv.emplace_back("--board");
    argv.push_back(kind + "=" + kind + ":virtual");
  }
  ASSIGN_OR_RETURN(ServiceProcess agent,
                   ServiceProcess::Start(argv, folder_.path() / "agent.log"));
  children_.push_back(std::move(agent));
  return absl::OkStatus();
}

absl::StatusOr<PrivateLab> PrivateLab::Start(
    const std::vector<std::string>& kinds) {
  ASSIGN_OR_RETURN(base::TempDir folder, base::TempDir::Create("tinyrig-try"));
  PrivateLab lab(std::move(folder));
  RETURN_IF_ERROR(lab.StartServer());
  RETURN_IF_ERROR(lab.StartAgent(kinds));
  return lab;
}

absl::Status PrivateLab::WaitForBoards(client::LabClient& lab, size_t count) {
  const int64_t start_us = base::SystemClock().MonotonicMicros();
  while (base::SystemClock().MonotonicMicros() - start_us < kStartTimeoutUs) {
    const auto boards = lab.ListBoards({});
    RETURN_IF_ERROR(boards.status());
    const auto ready =
        std::ranges::count_if(boards->boards(), [](const v1::Board& board) {
          return board.state() == v1::Board::IDLE;
        });
    if (static_cast<size_t>(ready) >= count) {
      return absl::OkStatus();
    }
    if (!children_.back().Running()) {
      break;
    }
    Pause(kPollMs);
  }
  return absl::UnavailableError("the private agent's board did not come up" +
                                LogTail("agent"));
}

}  // namespace tinyrig::cli
