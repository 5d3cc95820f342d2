#include "agent/device/device_channel.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace tinyrig::agent {
namespace {

constexpr int64_t kFirstRoundTripUs = 40'000;  // before anything is measured
constexpr int64_t kMinWaitMs = 20;
constexpr int64_t kMaxFirstWaitMs = 500;
constexpr int64_t kWriteTimeoutMs = 5000;

// Another start in each process, so that a reply to an earlier agent's request
// is not taken for ours.
uint16_t StartSequence(const base::Clock& clock) {
  const auto mixed =
      static_cast<uint64_t>(clock.UnixMicros()) * 0x9E3779B97F4A7C15ULL;
  return static_cast<uint16_t>((mixed >> 48) | 1);
}

}  // namespace

DeviceChannel::DeviceChannel(SerialPort* port, const base::Clock* clock,
                             uint32_t baud)
    : port_(port),
      clock_(clock),
      baud_(baud),
      sequence_(StartSequence(*clock)),
      round_trip_us_(kFirstRoundTripUs) {}

int64_t DeviceChannel::DamagedCount() const {
  const auto& c = decoder_.counters();
  return int64_t{c.bad_crc} + c.bad_format + c.overlong;
}

int64_t DeviceChannel::line_retry_count() const {
  return resent_count_ + stale_count_ + DamagedCount();
}

int64_t DeviceChannel::FirstWaitMs(size_t frame_bytes) const {
  // Both directions, ten bits a byte; the reply may be as long as any.
  const auto wire_ms = static_cast<int64_t>(
      (frame_bytes + wire::kMaxFrameBytes) * 10 * 1000 / baud_);
  return std::clamp(round_trip_us_ * 4 / 1000, kMinWaitMs, kMaxFirstWaitMs) +
         wire_ms;
}

DeviceChannel::Seen DeviceChannel::Take(const wire::Frame& frame) {
  const auto type = static_cast<wire::Type>(frame.type);
  if (type == wire::Type::kBootEvent) {
    const auto event =
        wire::ReadStruct<wire::BootEvent>(frame.payload, frame.payload_bytes);
    boot_ = event ? event : boot_;
    return event ? Seen::kEvent : Seen::kNothing;
  }
  if (type == wire::Type::kFaultEvent) {
    const auto event =
        wire::ReadStruct<wire::FaultRecord>(frame.payload, frame.payload_bytes);
    fault_ = event ? event : fault_;
    return event ? Seen::kEvent : Seen::kNothing;
  }
  const auto reply = wire::AsReply(frame);
  if (!waiting_ || !reply || reply->sequence != sequence_ ||
      reply->type != expected_) {
    ++stale_count_;
    return Seen::kNothing;
  }
  reply_.status = static_cast<wire::Status>(reply->status);
  reply_.body.assign(reply->body, reply->body + reply->body_bytes);
  return Seen::kReply;
}

absl::StatusOr<DeviceChannel::Seen> DeviceChannel::Receive(int64_t timeout_ms) {
  uint8_t chunk[2048];
  const auto n = port_->Read(chunk, timeout_ms);
  if (!n.ok()) {
    return absl::IsDeadlineExceeded(n.status())
               ? absl::StatusOr<Seen>(Seen::kNothing)
               : n.status();
  }
  Seen seen = Seen::kNothing;
  wire::Frame frame;
  for (size_t i = 0; i < *n; ++i) {
    if (decoder_.Push(chunk[i], &frame)) {
      seen = std::max(seen, Take(frame));
    }
  }
  return seen;
}

absl::StatusOr<DeviceReply> DeviceChannel::Call(wire::Type type,
                                                const wire::Payload& payload,
                                                const CallTiming& timing) {
  sequence_ = wire::NextSequence(sequence_);
  expected_ = type;
  const auto frame = wire::EncodeRequest(type, sequence_, payload);
  const int64_t start_us = clock_->MonotonicMicros();
  const int64_t end_us = start_us + timing.deadline_ms * 1000;
  int64_t wait_ms =
      timing.resend_ms > 0 ? timing.resend_ms : FirstWaitMs(frame.size());
  boot_.reset();  // only what happens from now on ends this call
  fault_.reset();
  waiting_ = true;
  for (bool first = true;; first = false) {
    RETURN_IF_ERROR(port_->Write(frame, kWriteTimeoutMs));
    resent_count_ += first ? 0 : 1;
    const int64_t resend_us =
        std::min(end_us, clock_->MonotonicMicros() + wait_ms * 1000);
    const int64_t damaged_before = DamagedCount();
    bool damaged = false;
    while (!damaged) {
      const int64_t now_us = clock_->MonotonicMicros();
      const int64_t left_ms = (resend_us - now_us + 999) / 1000;
      if (left_ms <= 0) {
        break;
      }
      ASSIGN_OR_RETURN(const Seen seen, Receive(left_ms));
      if (seen == Seen::kEvent) {
        waiting_ = false;
        return absl::AbortedError(fault_ ? "the device reported a fault"
                                         : "the device was reset");
      }
      if (seen == Seen::kReply) {
        waiting_ = false;
        if (first && timing.resend_ms == 0) {
          const int64_t took_us = clock_->MonotonicMicros() - start_us;
          round_trip_us_ += (took_us - round_trip_us_) / 8;
        }
        return reply_;
      }
      // Most likely our reply: ask again at once.
      damaged = DamagedCount() != damaged_before;
    }
    if (clock_->MonotonicMicros() >= end_us) {
      waiting_ = false;
      return absl::DeadlineExceededError(
          absl::StrFormat("no reply to request 0x%02X within %d ms",
                          static_cast<int>(type), timing.deadline_ms));
    }
    if (!damaged) {
      wait_ms = std::min(wait_ms * 2, timing.resend_max_ms);
    }
  }
}

absl::Status DeviceChannel::Poll() {
  while (true) {
    uint8_t chunk[2048];
    const auto n = port_->Read(chunk, 0);
    if (!n.ok()) {
      return absl::IsDeadlineExceeded(n.status()) ? absl::OkStatus()
                                                  : n.status();
    }
    wire::Frame frame;
    for (size_t i = 0; i < *n; ++i) {
      if (decoder_.Push(chunk[i], &frame)) {
        Take(frame);
      }
    }
  }
}

absl::StatusOr<bool> DeviceChannel::AwaitBoot(int64_t timeout_ms) {
  const int64_t end_us = clock_->MonotonicMicros() + timeout_ms * 1000;
  while (!boot_) {
    const int64_t left_ms = (end_us - clock_->MonotonicMicros()) / 1000;
    if (left_ms <= 0) {
      return false;
    }
    RETURN_IF_ERROR(Receive(left_ms).status());
  }
  return true;
}

absl::Status DeviceChannel::Restart() {
  boot_.reset();
  fault_.reset();
  decoder_.Reset();
  return port_->Flush();
}

}  // namespace tinyrig::agent
