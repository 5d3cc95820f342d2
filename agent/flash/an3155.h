// The ROM UART bootloader's commands (AN3155 as ST's Open Bootloader carries
// them out), one call each, over a port that is set to 8E1.
//
// After an error the loader may be in the middle of a command, waiting for
// bytes: reset the board into the loader and Sync again; there is no other
// safe way (feeding it bytes until it complains can complete a write).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "agent/port/serial_port.h"
#include "base/status.h"

namespace tinyrig::agent {

/// Milliseconds to wait for an answer (facts: AN3155 host time-outs).
struct LoaderTimeouts {
  int64_t sync_ms = 500;
  int64_t command_ms = 1000;
  int64_t write_ms = 1000;
  int64_t erase_per_sector_ms = 5000;
};

class An3155 {
 public:
  explicit An3155(SerialPort* port, LoaderTimeouts timeouts = {})
      : port_(port), timeouts_(timeouts) {}

  /// Sends 0x7F. A loader that is synchronised already takes it as half a
  /// command; then a second 0x7F draws a NACK, which counts as synchronised.
  /// Errors: DEADLINE_EXCEEDED no loader answers.
  absl::Status Sync();

  /// 0x02 Get ID: the product id, e.g. 0x449.
  absl::StatusOr<uint16_t> GetId();
  /// 0x44 Extended Erase of single sectors. \param sectors 1..512 numbers
  absl::Status EraseSectors(std::span<const uint16_t> sectors);
  /// 0x31 Write Memory. \param bytes 4..256, a multiple of 4
  absl::Status Write(uint32_t address, std::span<const uint8_t> bytes);
  /// 0x11 Read Memory. \param into 1..256 bytes
  absl::Status Read(uint32_t address, std::span<uint8_t> into);

 private:
  // Errors of all: DEADLINE_EXCEEDED silence, DATA_LOSS a NACK or a byte that
  // is neither, UNAVAILABLE the port is gone, CANCELLED interrupted.
  absl::Status Command(uint8_t code);
  absl::Status SendAddress(uint32_t address);
  absl::Status SendChecked(std::vector<uint8_t> bytes, uint8_t checksum,
                           int64_t timeout_ms, const char* what);
  absl::Status ExpectAck(int64_t timeout_ms, const char* what);
  absl::Status ReadExactly(std::span<uint8_t> into, const char* what);

  SerialPort* port_;
  LoaderTimeouts timeouts_;
};

}  // namespace tinyrig::agent
