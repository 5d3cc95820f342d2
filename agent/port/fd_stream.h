// Reads and writes with deadlines over any pollable descriptor (tty, PTY,
// socket), on an Asio io_context of its own that runs only inside the calls.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "boost/asio/io_context.hpp"
#include "boost/asio/posix/stream_descriptor.hpp"
#include "boost/asio/steady_timer.hpp"

#include "base/status.h"
#include "base/unique_fd.h"

namespace tinyrig::agent {

class FdStream {
 public:
  /// Takes the descriptor and makes it non-blocking.
  explicit FdStream(base::UniqueFd fd);

  /// As SerialPort::Read and SerialPort::Write.
  absl::StatusOr<size_t> Read(std::span<uint8_t> into, int64_t timeout_ms);
  absl::Status Write(std::span<const uint8_t> bytes, int64_t timeout_ms);

  /// Thread-safe.
  void Interrupt();
  void ClearInterrupt() { interrupted_ = false; }

  [[nodiscard]] int fd() { return descriptor_.native_handle(); }

 private:
  using Descriptor = boost::asio::posix::stream_descriptor;
  absl::Status WaitFor(Descriptor::wait_type type, int64_t timeout_ms);

  boost::asio::io_context io_;
  Descriptor descriptor_;
  boost::asio::steady_timer timer_;
  std::atomic<bool> interrupted_ = false;
};

}  // namespace tinyrig::agent
