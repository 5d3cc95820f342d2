// What both back ends of a serial port share: bytes go over one descriptor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "agent/port/fd_stream.h"
#include "agent/port/serial_port.h"
#include "base/unique_fd.h"

namespace tinyrig::agent {

/// A SerialPort whose bytes, deadlines and interrupts are an FdStream's; how a
/// line is set and emptied is left to the back end.
class FdPort : public SerialPort {
 public:
  absl::StatusOr<size_t> Read(std::span<uint8_t> into,
                              int64_t timeout_ms) final {
    return stream_.Read(into, timeout_ms);
  }
  absl::Status Write(std::span<const uint8_t> bytes, int64_t timeout_ms) final {
    return stream_.Write(bytes, timeout_ms);
  }
  void Interrupt() final { stream_.Interrupt(); }
  void ClearInterrupt() final { stream_.ClearInterrupt(); }

 protected:
  /// Takes the descriptor.
  explicit FdPort(base::UniqueFd fd) : stream_(std::move(fd)) {}

  FdStream stream_;
};

}  // namespace tinyrig::agent
