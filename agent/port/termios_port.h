// A PTY as a serial port.
#pragma once

#include <memory>
#include <string>

#include "agent/port/serial_port.h"
#include "base/unique_fd.h"

namespace tinyrig::agent {

absl::StatusOr<std::unique_ptr<SerialPort>> OpenTermiosPort(
    const std::string& path, const PortSettings& settings);

/// Any stream as a port (tests: one end of a socketpair).
std::unique_ptr<SerialPort> PortOverFd(base::UniqueFd fd);

}  // namespace tinyrig::agent
