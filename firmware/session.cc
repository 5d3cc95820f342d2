#include "firmware/session.h"

#include <cstring>

#include "firmware/hal.h"

namespace tinyrig::firmware {

void Session::Begin() {
  commands_.Calibrate();
  const hal::Facts& facts = hal::GetFacts();
  const wire::BootEvent event = {facts.boot_id, facts.reset_cause};
  std::memcpy(payload_, &event, sizeof(event));
  const size_t size =
      wire::EncodeFrame(static_cast<uint8_t>(wire::Type::kBootEvent), 0,
                        payload_, sizeof(event), last_frame_);
  hal::Send(last_frame_, size);
}

bool Session::Take(uint8_t byte) {
  wire::Frame frame;
  // Sequence 0 and bit 7 are ours: an echo on the line, not a request.
  if (!decoder_.Push(byte, &frame) || frame.sequence == 0 ||
      (frame.type & wire::kReplyBit) != 0) {
    return false;
  }
  return Answer(frame);
}

bool Session::Answer(const wire::Frame& request) {
  const auto type = static_cast<wire::Type>(request.type);
  const bool repeated = has_reply_ && request.type == last_type_ &&
                        request.sequence == last_sequence_;
  // A hello is always fresh: a new host may start with the sequence number
  // that the one before it used last.
  if (!repeated || type == wire::Type::kHello) {
    const size_t size = commands_.Execute(type, request.payload,
                                          request.payload_bytes, payload_);
    last_frame_bytes_ =
        wire::EncodeFrame(static_cast<uint8_t>(request.type | wire::kReplyBit),
                          request.sequence, payload_, size, last_frame_);
    has_reply_ = true;
    last_type_ = request.type;
    last_sequence_ = request.sequence;
  }
  hal::Send(last_frame_, last_frame_bytes_);
  return type == wire::Type::kReset &&
         payload_[0] == static_cast<uint8_t>(wire::Status::kOk);
}

}  // namespace tinyrig::firmware
