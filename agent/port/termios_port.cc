#include "agent/port/termios_port.h"

#include <cerrno>
#include <fcntl.h>
#include <termios.h>
#include <utility>

#include "agent/port/fd_stream.h"
#include "base/file.h"

namespace tinyrig::agent {
namespace {

class TermiosPort : public SerialPort {
 public:
  explicit TermiosPort(base::UniqueFd fd) : stream_(std::move(fd)) {}

  absl::StatusOr<size_t> Read(std::span<uint8_t> into,
                              int64_t timeout_ms) override {
    return stream_.Read(into, timeout_ms);
  }
  absl::Status Write(std::span<const uint8_t> bytes,
                     int64_t timeout_ms) override {
    return stream_.Write(bytes, timeout_ms);
  }
  // A PTY has neither speed nor parity: raw mode is all there is to set.
  absl::Status Configure(const PortSettings&) override {
    termios mode{};
    if (::tcgetattr(stream_.fd(), &mode) != 0) {
      return errno == ENOTTY || errno == EOPNOTSUPP
                 ? absl::OkStatus()
                 : base::ErrnoStatus(errno, "reading the terminal's mode");
    }
    ::cfmakeraw(&mode);
    mode.c_cflag |= CLOCAL | CREAD;
    if (::tcsetattr(stream_.fd(), TCSANOW, &mode) != 0) {
      return base::ErrnoStatus(errno, "setting the terminal's mode");
    }
    return absl::OkStatus();
  }
  absl::Status Flush() override {
    uint8_t dropped[4096];
    while (true) {
      const auto n = stream_.Read(dropped, 0);
      if (!n.ok()) {
        return absl::IsDeadlineExceeded(n.status()) ? absl::OkStatus()
                                                    : n.status();
      }
    }
  }
  absl::Status SetLines(bool, bool) override {
    return absl::UnimplementedError("a PTY has no DTR and RTS lines");
  }
  void Interrupt() override { stream_.Interrupt(); }
  void ClearInterrupt() override { stream_.ClearInterrupt(); }

 private:
  FdStream stream_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SerialPort>> OpenTermiosPort(
    const std::string& path, const PortSettings& settings) {
  base::UniqueFd fd(
      ::open(path.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) {
    return absl::UnavailableError(
        base::ErrnoStatus(errno, absl::StrCat("opening ", path)).message());
  }
  auto port = std::make_unique<TermiosPort>(std::move(fd));
  RETURN_IF_ERROR(base::WithContext(port->Configure(settings), path));
  return port;
}

std::unique_ptr<SerialPort> PortOverFd(base::UniqueFd fd) {
  return std::make_unique<TermiosPort>(std::move(fd));
}

}  // namespace tinyrig::agent
