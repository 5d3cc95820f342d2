#include "proto/wire/host_message.h"

namespace tinyrig::wire {
namespace {

template <typename T>
void Append(Payload* payload, T value) {
  const size_t at = payload->size();
  payload->resize(at + sizeof(T));
  std::memcpy(payload->data() + at, &value, sizeof(T));
}

}  // namespace

std::vector<uint8_t> EncodeRequest(Type type, uint16_t sequence,
                                   const Payload& payload) {
  std::vector<uint8_t> frame(kMaxFrameBytes);
  frame.resize(EncodeFrame(static_cast<uint8_t>(type), sequence, payload.data(),
                           payload.size(), frame.data()));
  return frame;
}

Payload SetInputPayload(uint32_t offset, const uint8_t* bytes, size_t size) {
  Payload payload(sizeof(offset) + size);
  std::memcpy(payload.data(), &offset, sizeof(offset));
  if (size != 0) {
    std::memcpy(payload.data() + sizeof(offset), bytes, size);
  }
  return payload;
}

Payload RunPayload(const RunRequest& request) {
  Payload payload;
  Append(&payload, request);
  return payload;
}

Payload GetOutputPayload(uint32_t offset, uint16_t count) {
  Payload payload;
  Append(&payload, offset);
  Append(&payload, count);
  return payload;
}

Payload RangePayload(uint16_t first, uint16_t count) {
  Payload payload;
  Append(&payload, first);
  Append(&payload, count);
  return payload;
}

Payload GetFaultPayload(bool clear) {
  return {static_cast<uint8_t>(clear ? 1 : 0)};
}

std::string_view StatusName(uint8_t status) {
  constexpr std::string_view kNames[] = {
      "OK",          "BAD_LENGTH",      "BAD_ARGUMENT",
      "BAD_STATE",   "UNKNOWN_COMMAND", "INPUT_CRC",
      "MODEL_FAILED"};
  return status < std::size(kNames) ? kNames[status] : "UNKNOWN";
}

std::string_view FaultKindName(uint8_t kind) {
  constexpr std::string_view kNames[] = {
      "none",      "hard fault",           "memory management fault",
      "bus fault", "usage fault",          "NMI",
      "watchdog",  "unexpected interrupt", "assertion"};
  return kind < std::size(kNames) ? kNames[kind] : "UNKNOWN";
}

std::optional<Reply> AsReply(const Frame& frame) {
  if ((frame.type & kReplyBit) == 0 || frame.payload_bytes == 0) {
    return std::nullopt;
  }
  return Reply{static_cast<Type>(frame.type & ~kReplyBit), frame.sequence,
               frame.payload[0], frame.payload + 1, frame.payload_bytes - 1};
}

}  // namespace tinyrig::wire
