#include "agent/port/termios_port.h"

#include <cerrno>
#include <fcntl.h>
#include <termios.h>
#include <utility>

#include "agent/port/fd_port.h"
#include "base/file.h"

namespace tinyrig::agent {
namespace {

class TermiosPort : public FdPort {
 public:
  explicit TermiosPort(base::UniqueFd fd) : FdPort(std::move(fd)) {}

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
