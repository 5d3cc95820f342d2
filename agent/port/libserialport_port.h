// A real serial port: libserialport opens and configures it, FdStream moves
// the bytes.
#pragma once

#include <memory>
#include <string>

#include "agent/port/serial_port.h"

namespace tinyrig::agent {

absl::StatusOr<std::unique_ptr<SerialPort>> OpenLibserialport(
    const std::string& path, const PortSettings& settings);

}  // namespace tinyrig::agent
