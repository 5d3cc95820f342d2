#include "agent/vboard/vboard_process.h"

#include <algorithm>
#include <chrono>
#include <fcntl.h>
#include <istream>
#include <unistd.h>
#include <utility>

#include "boost/asio/read_until.hpp"

#include "base/child.h"
#include "base/log.h"
#include "base/unique_fd.h"

namespace tinyrig::agent {
namespace {

constexpr int64_t kFirstPauseMs = 100;
constexpr int64_t kMaxPauseMs = 5000;
constexpr int64_t kStopMs = 1000;
constexpr size_t kMaxLineBytes = 4096;

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
  auto child = base::Child::Start(
      {.argv = std::move(arguments), .output_fd = write_end.get()});
  if (!child.ok()) {
    SetReady(false, std::string(child.status().message()));
    return OnEnd();
  }
  child_ = *std::move(child);
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
  if (child_.pid() > 0) {
    const base::ChildExit end = child_.Kill();  // it may only have closed it
    SetReady(false, end.signal != 0
                        ? absl::StrCat("ended by signal ", end.signal)
                        : absl::StrCat("ended with code ", end.code));
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
  child_.End(kStopMs);
}

}  // namespace tinyrig::agent
