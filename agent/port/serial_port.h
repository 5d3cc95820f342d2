// One serial port, blocking with a deadline on every call. Two back ends: real
// serial ports through libserialport, PTYs through termios (libserialport 0.1.1
// cannot open a PTY, and kernels drop PARENB there).
//
// One thread uses a port; Interrupt alone may come from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/status.h"

namespace tinyrig::agent {

enum class Parity { kNone, kEven };

/// Always 8 data bits, 1 stop bit, no flow control.
struct PortSettings {
  uint32_t baud = 115200;
  Parity parity = Parity::kNone;
  bool operator==(const PortSettings&) const = default;
};

class SerialPort {
 public:
  virtual ~SerialPort() = default;

  /// Waits until something is there and takes it.
  /// \param timeout_ms 0: only what is there already
  /// \return 1..into.size() bytes
  /// Errors: DEADLINE_EXCEEDED nothing came; UNAVAILABLE the port is gone;
  /// CANCELLED Interrupt was called.
  virtual absl::StatusOr<size_t> Read(std::span<uint8_t> into,
                                      int64_t timeout_ms) = 0;

  /// Hands all bytes to the system. Errors as Read.
  virtual absl::Status Write(std::span<const uint8_t> bytes,
                             int64_t timeout_ms) = 0;

  /// Baud and parity. A PTY keeps the parity bit to itself: nothing observable.
  virtual absl::Status Configure(const PortSettings& settings) = 0;

  /// Drops what was received and not read.
  virtual absl::Status Flush() = 0;

  /// Levels of the modem lines, true = asserted. UNIMPLEMENTED on a PTY.
  virtual absl::Status SetLines(bool dtr, bool rts) = 0;

  /// Ends a waiting Read or Write and all that follow, until ClearInterrupt.
  virtual void Interrupt() = 0;
  virtual void ClearInterrupt() = 0;
};

enum class PortKind { kAuto, kSerial, kPty };

/// kAuto: what resolves to /dev/pts/... is a PTY, all else a serial port.
/// Errors: UNAVAILABLE there is no such port, or somebody else holds it.
absl::StatusOr<std::unique_ptr<SerialPort>> OpenPort(
    const std::string& path, const PortSettings& settings,
    PortKind kind = PortKind::kAuto);

/// Path of the serial port whose USB device has this serial number (an ST-LINK
/// prints it on the board's page of the system). NOT_FOUND lists what is there.
absl::StatusOr<std::string> FindUsbSerialPort(const std::string& usb_serial);

}  // namespace tinyrig::agent
