// Serial frames between agent and firmware: constants and a byte-at-a-time
// codec. C++17, freestanding, no heap: the same source on the chip and on the
// host. Byte-exact page: docs/WIRE.md. Tests: frame_test.cc.
//
//   0x00 | COBS( header payload crc ) | 0x00
//
//   header, little-endian          payload        crc
//   +0 version u8  (kVersion)      0..1024 bytes  u32, CRC-32 (zlib) over
//   +1 type u8                                    header and payload
//   +2 sequence u16
//   +4 payload_bytes u16
//
// Decoding: a frame is everything between two delimiters. A wrong COBS code,
// length, version or CRC drops that frame only; the next delimiter starts
// afresh. Nothing that fails the CRC is ever delivered.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyrig::wire {

constexpr uint8_t kVersion = 1;
constexpr size_t kHeaderBytes = 6;
constexpr size_t kCrcBytes = 4;
constexpr size_t kMaxPayloadBytes = 1024;
constexpr size_t kMaxRawBytes = kHeaderBytes + kMaxPayloadBytes + kCrcBytes;
/// COBS adds one byte per started 254; two delimiters.
constexpr size_t kMaxFrameBytes = kMaxRawBytes + kMaxRawBytes / 254 + 1 + 2;
constexpr uint8_t kDelimiter = 0x00;

/// One decoded frame; `payload` points into the decoder until its next Push.
struct Frame {
  uint8_t type = 0;
  uint16_t sequence = 0;
  const uint8_t* payload = nullptr;
  size_t payload_bytes = 0;
};

/// CRC-32 as zlib has it (poly 0xEDB88320 reflected, init and xor ~0).
/// Chain by passing the former result as `crc`; start with 0.
uint32_t Crc32(const uint8_t* bytes, size_t size, uint32_t crc = 0);

/// Writes a whole frame with both delimiters. `out` has room for
/// kMaxFrameBytes. \return bytes written; 0 when payload_bytes is too large.
size_t EncodeFrame(uint8_t type, uint16_t sequence, const uint8_t* payload,
                   size_t payload_bytes, uint8_t* out);

/// What was wrong with dropped bytes, for counters and logs.
struct DecoderCounters {
  uint32_t frames = 0;
  uint32_t bad_crc = 0;
  uint32_t bad_format = 0;  ///< COBS, length or version
  uint32_t overlong = 0;
};

class FrameDecoder {
 public:
  /// Takes one byte. \return true when `*frame` is now a complete, checked
  /// frame.
  bool Push(uint8_t byte, Frame* frame);
  /// Forgets a half frame (port reopened).
  void Reset();
  [[nodiscard]] const DecoderCounters& counters() const { return counters_; }

 private:
  bool Finish(Frame* frame);

  uint8_t raw_[kMaxRawBytes] = {};
  size_t raw_bytes_ = 0;
  uint8_t code_left_ = 0;      ///< data bytes left in the current COBS block
  bool zero_pending_ = false;  ///< a zero is due before the next block
  bool broken_ = false;        ///< skip to the next delimiter
  DecoderCounters counters_;
};

}  // namespace tinyrig::wire
