#include "agent/port/fd_stream.h"

#include <cerrno>
#include <chrono>
#include <cstring>

#include "boost/asio/post.hpp"

#include <sys/socket.h>

namespace tinyrig::agent {
namespace {

absl::Status Gone(const char* what, int error_number) {
  return absl::UnavailableError(absl::StrCat(
      what, ": ",
      error_number == 0 ? "the other side hung up" : strerror(error_number)));
}

bool MustWait(int error_number) {
  return error_number == EAGAIN || error_number == EWOULDBLOCK ||
         error_number == EINTR;
}

}  // namespace

FdStream::FdStream(base::UniqueFd fd)
    : io_(1), descriptor_(io_, fd.Release()), timer_(io_) {
  boost::system::error_code ignored;
  descriptor_.native_non_blocking(true, ignored);
}

absl::Status FdStream::WaitFor(Descriptor::wait_type type, int64_t timeout_ms) {
  bool ready = false;
  bool expired = false;
  descriptor_.async_wait(type, [&ready](boost::system::error_code error) {
    // Any other error is ready, too: the next call names it.
    ready = error != boost::asio::error::operation_aborted;
  });
  timer_.expires_after(std::chrono::milliseconds(timeout_ms));
  timer_.async_wait(
      [&expired](boost::system::error_code error) { expired = !error; });
  io_.restart();
  while (!ready && !expired && !interrupted_) {
    io_.run_one();
  }
  boost::system::error_code ignored;
  descriptor_.cancel(ignored);
  timer_.cancel();
  io_.restart();
  io_.run();
  if (interrupted_) {
    return absl::CancelledError("interrupted");
  }
  return ready ? absl::OkStatus()
               : absl::DeadlineExceededError(
                     absl::StrCat("nothing within ", timeout_ms, " ms"));
}

absl::StatusOr<size_t> FdStream::Read(std::span<uint8_t> into,
                                      int64_t timeout_ms) {
  const auto end =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  while (true) {
    if (interrupted_) {
      return absl::CancelledError("interrupted");
    }
    const ssize_t n = ::read(fd(), into.data(), into.size());
    if (n > 0) {
      return static_cast<size_t>(n);
    }
    if (n == 0 || !MustWait(errno)) {
      return Gone("read", n == 0 ? 0 : errno);
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      return absl::DeadlineExceededError(
          absl::StrCat("nothing within ", timeout_ms, " ms"));
    }
    RETURN_IF_ERROR(WaitFor(Descriptor::wait_read, left.count()));
  }
}

absl::Status FdStream::Write(std::span<const uint8_t> bytes,
                             int64_t timeout_ms) {
  while (!bytes.empty()) {
    if (interrupted_) {
      return absl::CancelledError("interrupted");
    }
    // A socket whose peer is gone must give an error, not SIGPIPE.
    ssize_t n = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == ENOTSOCK) {
      n = ::write(fd(), bytes.data(), bytes.size());
    }
    if (n > 0) {
      bytes = bytes.subspan(static_cast<size_t>(n));
    } else if (n < 0 && MustWait(errno)) {
      RETURN_IF_ERROR(WaitFor(Descriptor::wait_write, timeout_ms));
    } else {
      return Gone("write", n == 0 ? 0 : errno);
    }
  }
  return absl::OkStatus();
}

void FdStream::Interrupt() {
  interrupted_ = true;
  boost::asio::post(io_, [] {});  // wakes run_one
}

}  // namespace tinyrig::agent
