// Payloads of proto/wire/message.h as host programs build and read them:
// vectors and optionals instead of raw buffers. Not for the firmware (heap).
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "proto/wire/message.h"

namespace tinyrig::wire {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "messages are copied as they lie in memory");

using Payload = std::vector<uint8_t>;

/// A whole frame with both delimiters; empty when the payload is longer than
/// kMaxPayloadBytes.
std::vector<uint8_t> EncodeRequest(Type type, uint16_t sequence,
                                   const Payload& payload);

/// 1..65535; 0 is for events.
constexpr uint16_t NextSequence(uint16_t sequence) {
  return sequence == 0xFFFF ? uint16_t{1} : static_cast<uint16_t>(sequence + 1);
}

/// Request payloads. kHello, kGetMemory and kReset have none.
Payload SetInputPayload(uint32_t offset, const uint8_t* bytes, size_t size);
Payload RunPayload(const RunRequest& request);
Payload GetOutputPayload(uint32_t offset, uint16_t count);
/// kGetSamples and kGetLayers.
Payload RangePayload(uint16_t first, uint16_t count);
Payload GetFaultPayload(bool clear);

/// "OK", "INPUT_CRC", ... for logs; "UNKNOWN" for a byte out of range.
std::string_view StatusName(uint8_t status);
std::string_view FaultKindName(uint8_t kind);

/// A device's reply, taken apart. `body` is what follows the status.
struct Reply {
  Type type = Type::kHello;  ///< without kReplyBit
  uint16_t sequence = 0;
  uint8_t status = 0;
  const uint8_t* body = nullptr;
  size_t body_bytes = 0;
};

/// nullopt when the frame is no reply (an event, or without status byte).
std::optional<Reply> AsReply(const Frame& frame);

/// One struct of message.h; nullopt when the size does not match exactly.
template <typename T>
std::optional<T> ReadStruct(const uint8_t* bytes, size_t size) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (size != sizeof(T)) {
    return std::nullopt;
  }
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

/// An array of structs or integers; nullopt unless whole elements fill it.
template <typename T>
std::optional<std::vector<T>> ReadArray(const uint8_t* bytes, size_t size) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (size % sizeof(T) != 0) {
    return std::nullopt;
  }
  std::vector<T> values(size / sizeof(T));
  if (size != 0) {
    std::memcpy(values.data(), bytes, size);
  }
  return values;
}

}  // namespace tinyrig::wire
