// Which back end a path gets.
#include <filesystem>
#include <system_error>

#include "agent/port/libserialport_port.h"
#include "agent/port/serial_port.h"
#include "agent/port/termios_port.h"

namespace tinyrig::agent {

absl::StatusOr<std::unique_ptr<SerialPort>> OpenPort(
    const std::string& path, const PortSettings& settings, PortKind kind) {
  std::error_code error;
  const auto real = std::filesystem::canonical(path, error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("no serial port ", path, ": ", error.message()));
  }
  if (kind == PortKind::kAuto) {
    kind = real.string().rfind("/dev/pts/", 0) == 0 ? PortKind::kPty
                                                    : PortKind::kSerial;
  }
  return kind == PortKind::kPty ? OpenTermiosPort(real.string(), settings)
                                : OpenLibserialport(real.string(), settings);
}

}  // namespace tinyrig::agent
