// Requests and replies over a line that loses and damages bytes: sequence
// numbers, retransmission with back-off, resynchronisation, events. Knows
// frames, not what is in them (device_session.h does).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/port/serial_port.h"
#include "base/clock.h"
#include "base/status.h"
#include "proto/wire/host_message.h"

namespace tinyrig::agent {

/// A reply, copied out of the decoder.
struct DeviceReply {
  wire::Status status = wire::Status::kOk;
  std::vector<uint8_t> body;
};

struct CallTiming {
  /// First wait before the request is sent again; 0: from measured round trips.
  int64_t resend_ms = 0;
  /// The longest wait between two sends.
  int64_t resend_max_ms = 2000;
  /// All sends together.
  int64_t deadline_ms = 8000;
};

class DeviceChannel {
 public:
  /// Both outlive the channel. \param baud of the line, for expected times
  DeviceChannel(SerialPort* port, const base::Clock* clock, uint32_t baud);

  /// One request until its reply.
  /// Errors: DEADLINE_EXCEEDED no reply; ABORTED the device reported a boot or
  /// a fault meanwhile (see the events below); UNAVAILABLE; CANCELLED.
  absl::StatusOr<DeviceReply> Call(wire::Type type,
                                   const wire::Payload& payload,
                                   const CallTiming& timing = {});

  /// Takes what has arrived without waiting (events while idle).
  /// Errors: UNAVAILABLE the port is gone; CANCELLED.
  absl::Status Poll();

  /// Waits for a boot event until the time is over; true when one came.
  absl::StatusOr<bool> AwaitBoot(int64_t timeout_ms);

  /// Forgets events and half frames: the board was reset on purpose.
  absl::Status Restart();

  /// What the device said by itself in the last Call or after it.
  [[nodiscard]] const std::optional<wire::BootEvent>& boot() const {
    return boot_;
  }
  [[nodiscard]] const std::optional<wire::FaultRecord>& fault() const {
    return fault_;
  }
  /// Frames sent again + frames that came damaged or stale.
  [[nodiscard]] int64_t line_retry_count() const;

 private:
  enum class Seen { kNothing, kReply, kEvent };
  /// One read and all frames in it.
  absl::StatusOr<Seen> Receive(int64_t timeout_ms);
  Seen Take(const wire::Frame& frame);
  [[nodiscard]] int64_t DamagedCount() const;
  [[nodiscard]] int64_t FirstWaitMs(size_t frame_bytes) const;

  SerialPort* port_;
  const base::Clock* clock_;
  uint32_t baud_;
  wire::FrameDecoder decoder_;
  uint16_t sequence_;
  wire::Type expected_ = wire::Type::kHello;
  bool waiting_ = false;
  DeviceReply reply_;
  std::optional<wire::BootEvent> boot_;
  std::optional<wire::FaultRecord> fault_;
  int64_t resent_count_ = 0;
  int64_t stale_count_ = 0;
  int64_t round_trip_us_;  // smoothed, without the wire time
};

}  // namespace tinyrig::agent
