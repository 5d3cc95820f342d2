// What a board with our firmware can be asked, typed. Bad bytes on the line
// cost time, never a wrong result: inputs and outputs are checked by CRC-32.
//
// Errors of all calls: DEADLINE_EXCEEDED the board is silent; ABORTED the board
// was reset or reported a fault meanwhile; UNAVAILABLE the port is gone;
// CANCELLED; INTERNAL the device refused what it should take.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/device/device_channel.h"

namespace tinyrig::agent {

/// HelloReply with strings instead of padded arrays.
struct HelloInfo {
  wire::HelloReply raw{};
  std::string uid;         ///< 24 hex digits
  std::string image_hash;  ///< 64 hex digits
  std::string firmware_version;
  std::string board_id;
  [[nodiscard]] bool input_preserved() const {
    return (raw.model_flags & 1) != 0;
  }
};

class DeviceSession {
 public:
  DeviceSession(SerialPort* port, const base::Clock* clock, uint32_t baud)
      : channel_(port, clock, baud) {}

  /// \param deadline_ms short when the board may well be blank
  absl::StatusOr<HelloInfo> Hello(int64_t deadline_ms = 3000);

  /// All inputs, concatenated in model order.
  absl::Status SetInput(std::span<const uint8_t> input);

  /// Runs on the input that SetInput put there. \param deadline_ms of the
  /// whole run; \param expected_ms when a reply is likely (0: unknown)
  absl::StatusOr<wire::RunReply> Run(uint16_t warmups, uint16_t runs,
                                     bool profile, int64_t expected_ms,
                                     int64_t deadline_ms);

  /// All outputs; checked against the run's CRC.
  absl::StatusOr<std::vector<uint8_t>> GetOutput(uint32_t output_bytes,
                                                 uint32_t output_crc32);
  absl::StatusOr<std::vector<wire::SampleRecord>> GetSamples(uint16_t count);
  absl::StatusOr<std::vector<uint32_t>> GetLayers(uint16_t count);
  absl::StatusOr<wire::MemoryReply> GetMemory();
  /// kind kNone when there is none.
  absl::StatusOr<wire::FaultRecord> GetFault(bool clear);

  /// The board was reset on purpose: what is remembered of it is void.
  absl::Status Restart();

  DeviceChannel& channel() { return channel_; }

 private:
  absl::StatusOr<std::vector<uint8_t>> Ask(wire::Type type,
                                           const wire::Payload& payload,
                                           const CallTiming& timing = {});

  DeviceChannel channel_;
  uint32_t input_crc32_ = 0;
  uint32_t boot_id_ = 0;
};

/// A fault as text for people: kind, cause bits by name, pc, lr, addresses,
/// registers. \param layer_name of fault.layer; empty when unknown
/// Source: ARMv7-M ARM (DDI 0403E), B3.2.15 to B3.2.18.
std::string FaultText(const wire::FaultRecord& fault,
                      const std::string& layer_name = "");
std::string ResetCauseText(uint32_t reset_cause);

}  // namespace tinyrig::agent
