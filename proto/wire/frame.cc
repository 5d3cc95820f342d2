#include "proto/wire/frame.h"

namespace tinyrig::wire {
namespace {

constexpr uint8_t kLongestBlock = 0xFF;  // 254 data bytes, no zero behind it

struct CrcTable {
  uint32_t entry[256];
  constexpr CrcTable() : entry{} {
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) {
        value = (value & 1u) != 0 ? (value >> 1) ^ 0xEDB88320u : value >> 1;
      }
      entry[i] = value;
    }
  }
};
constexpr CrcTable kCrcTable;

/// Writes COBS blocks as bytes come in; the code byte is filled in afterwards.
class CobsWriter {
 public:
  explicit CobsWriter(uint8_t* out) : out_(out) { OpenBlock(); }

  void Put(uint8_t byte) {
    if (out_[code_at_] == kLongestBlock) {
      OpenBlock();
    }
    if (byte == 0) {
      OpenBlock();
      return;
    }
    out_[size_++] = byte;
    ++out_[code_at_];
  }
  void Put(const uint8_t* bytes, size_t size) {
    for (size_t i = 0; i < size; ++i) {
      Put(bytes[i]);
    }
  }
  [[nodiscard]] size_t size() const { return size_; }

 private:
  void OpenBlock() {
    code_at_ = size_++;
    out_[code_at_] = 1;
  }

  uint8_t* out_;
  size_t size_ = 0;
  size_t code_at_ = 0;
};

uint32_t LoadLe32(const uint8_t* p) {
  return static_cast<uint32_t>(p[0]) | static_cast<uint32_t>(p[1]) << 8 |
         static_cast<uint32_t>(p[2]) << 16 | static_cast<uint32_t>(p[3]) << 24;
}

uint16_t LoadLe16(const uint8_t* p) {
  return static_cast<uint16_t>(p[0] | p[1] << 8);
}

}  // namespace

uint32_t Crc32(const uint8_t* bytes, size_t size, uint32_t crc) {
  crc = ~crc;
  for (size_t i = 0; i < size; ++i) {
    crc = kCrcTable.entry[(crc ^ bytes[i]) & 0xFFu] ^ (crc >> 8);
  }
  return ~crc;
}

size_t EncodeFrame(uint8_t type, uint16_t sequence, const uint8_t* payload,
                   size_t payload_bytes, uint8_t* out) {
  if (payload_bytes > kMaxPayloadBytes) {
    return 0;
  }
  const uint8_t header[kHeaderBytes] = {
      kVersion,
      type,
      static_cast<uint8_t>(sequence),
      static_cast<uint8_t>(sequence >> 8),
      static_cast<uint8_t>(payload_bytes),
      static_cast<uint8_t>(payload_bytes >> 8)};
  const uint32_t crc =
      Crc32(payload, payload_bytes, Crc32(header, kHeaderBytes));
  out[0] = kDelimiter;
  CobsWriter writer(out + 1);
  writer.Put(header, kHeaderBytes);
  writer.Put(payload, payload_bytes);
  for (unsigned shift = 0; shift < 32; shift += 8) {
    writer.Put(static_cast<uint8_t>(crc >> shift));
  }
  const size_t size = 1 + writer.size();
  out[size] = kDelimiter;
  return size + 1;
}

void FrameDecoder::Reset() {
  raw_bytes_ = 0;
  code_left_ = 0;
  zero_pending_ = false;
  broken_ = false;
}

bool FrameDecoder::Push(uint8_t byte, Frame* frame) {
  if (byte == kDelimiter) {
    const bool complete = Finish(frame);
    Reset();
    return complete;
  }
  if (broken_) {
    return false;
  }
  const bool is_code = code_left_ == 0;
  if (!is_code || zero_pending_) {
    if (raw_bytes_ == kMaxRawBytes) {
      ++counters_.overlong;
      broken_ = true;
      return false;
    }
    raw_[raw_bytes_++] = is_code ? uint8_t{0} : byte;
  }
  if (is_code) {
    code_left_ = static_cast<uint8_t>(byte - 1);
    zero_pending_ = byte != kLongestBlock;
  } else {
    --code_left_;
  }
  return false;
}

bool FrameDecoder::Finish(Frame* frame) {
  // Back-to-back delimiters are how frames are kept apart, not a fault.
  const bool empty = raw_bytes_ == 0 && code_left_ == 0 && !zero_pending_;
  if (broken_ || empty) {
    return false;
  }
  if (code_left_ != 0 || raw_bytes_ < kHeaderBytes + kCrcBytes ||
      raw_[0] != kVersion ||
      LoadLe16(raw_ + 4) != raw_bytes_ - kHeaderBytes - kCrcBytes) {
    ++counters_.bad_format;
    return false;
  }
  const size_t checked_bytes = raw_bytes_ - kCrcBytes;
  if (Crc32(raw_, checked_bytes) != LoadLe32(raw_ + checked_bytes)) {
    ++counters_.bad_crc;
    return false;
  }
  frame->type = raw_[1];
  frame->sequence = LoadLe16(raw_ + 2);
  frame->payload = raw_ + kHeaderBytes;
  frame->payload_bytes = checked_bytes - kHeaderBytes;
  ++counters_.frames;
  return true;
}

}  // namespace tinyrig::wire
