// Named after the ways a serial line can break a frame.
#include "proto/wire/frame.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>
#include <zlib.h>

#include "gtest/gtest.h"

#include "proto/wire/host_message.h"

namespace tinyrig::wire {
namespace {

using Bytes = std::vector<uint8_t>;

struct Received {
  uint8_t type;
  uint16_t sequence;
  Bytes payload;
};

std::vector<Received> Feed(FrameDecoder* decoder, const Bytes& bytes) {
  std::vector<Received> all;
  Frame frame;
  for (uint8_t byte : bytes) {
    if (decoder->Push(byte, &frame)) {
      all.push_back(
          {frame.type, frame.sequence,
           Bytes(frame.payload, frame.payload + frame.payload_bytes)});
    }
  }
  return all;
}

Bytes Encode(uint8_t type, uint16_t sequence, const Bytes& payload) {
  Bytes out(kMaxFrameBytes, 0xEE);
  out.resize(
      EncodeFrame(type, sequence, payload.data(), payload.size(), out.data()));
  return out;
}

/// COBS of any raw bytes with a right CRC behind them.
Bytes EncodeRaw(Bytes raw, bool right_crc = true) {
  const uint32_t crc = Crc32(raw.data(), raw.size()) ^ (right_crc ? 0u : 1u);
  for (unsigned shift = 0; shift < 32; shift += 8) {
    raw.push_back(static_cast<uint8_t>(crc >> shift));
  }
  Bytes out = {0, 1};
  size_t code_at = 1;
  for (uint8_t byte : raw) {
    if (byte == 0 || out[code_at] == 0xFF) {
      code_at = out.size();
      out.push_back(1);
    }
    if (byte != 0) {
      out.push_back(byte);
      ++out[code_at];
    }
  }
  out.push_back(0);
  return out;
}

Bytes Ramp(size_t size, uint8_t first = 0) {
  Bytes bytes(size);
  std::iota(bytes.begin(), bytes.end(), first);
  return bytes;
}

void ExpectGoodFrame(FrameDecoder* decoder) {
  const auto all = Feed(decoder, Encode(0x42, 777, {1, 0, 2}));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].type, 0x42);
  EXPECT_EQ(all[0].sequence, 777);
  EXPECT_EQ(all[0].payload, (Bytes{1, 0, 2}));
}

TEST(Crc32, IsZlibs) {
  const std::string check = "123456789";
  const auto* bytes = reinterpret_cast<const uint8_t*>(check.data());
  EXPECT_EQ(Crc32(bytes, 9), 0xCBF43926u);
  const Bytes ramp = Ramp(1000);
  const auto expected =
      static_cast<uint32_t>(crc32(0, ramp.data(), uInt{1000}));
  EXPECT_EQ(Crc32(ramp.data(), 1000), expected);
  EXPECT_EQ(Crc32(ramp.data() + 300, 700, Crc32(ramp.data(), 300)), expected);
}

TEST(FrameEncoder, RoundTripsEverySize) {
  for (size_t size = 0; size <= kMaxPayloadBytes; ++size) {
    for (const Bytes& payload :
         {Ramp(size, 1), Bytes(size, 0), Bytes(size, 0xFF)}) {
      const Bytes encoded = Encode(0x81, 0xBEEF, payload);
      ASSERT_LE(encoded.size(), kMaxFrameBytes);
      ASSERT_EQ(std::count(encoded.begin(), encoded.end(), 0), 2);
      FrameDecoder decoder;
      const auto all = Feed(&decoder, encoded);
      ASSERT_EQ(all.size(), 1u) << size;
      ASSERT_EQ(all[0].payload, payload);
      ASSERT_EQ(all[0].type, 0x81);
      ASSERT_EQ(all[0].sequence, 0xBEEF);
    }
  }
}

TEST(FrameEncoder, RefusesOverlongPayload) {
  EXPECT_TRUE(Encode(1, 1, Bytes(kMaxPayloadBytes + 1, 5)).empty());
}

TEST(FrameDecoder, DropsEveryTruncation) {
  const Bytes whole = Encode(3, 9, Ramp(300));
  for (size_t kept = 0; kept + 1 < whole.size(); ++kept) {
    Bytes cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(kept));
    cut.push_back(kDelimiter);
    FrameDecoder decoder;
    EXPECT_TRUE(Feed(&decoder, cut).empty()) << kept;
    ExpectGoodFrame(&decoder);
  }
}

TEST(FrameDecoder, DropsEveryMissingByte) {
  const Bytes whole = Encode(3, 9, Ramp(300));
  for (size_t lost = 1; lost + 1 < whole.size(); ++lost) {
    Bytes bytes = whole;
    bytes.erase(bytes.begin() + static_cast<ptrdiff_t>(lost));
    FrameDecoder decoder;
    EXPECT_TRUE(Feed(&decoder, bytes).empty()) << lost;
    ExpectGoodFrame(&decoder);
  }
}

TEST(FrameDecoder, NeverDeliversASingleBitFlip) {
  for (size_t size : {0u, 1u, 17u, 248u, 254u, 300u, 1024u}) {
    const Bytes whole = Encode(3, 9, Ramp(size));
    for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
      Bytes bytes = whole;
      bytes[bit / 8] = static_cast<uint8_t>(bytes[bit / 8] ^ 1u << (bit % 8));
      FrameDecoder decoder;
      ASSERT_TRUE(Feed(&decoder, bytes).empty()) << size << " bit " << bit;
      Feed(&decoder, {kDelimiter});
      ExpectGoodFrame(&decoder);
    }
  }
}

TEST(FrameDecoder, CountsABadChecksum) {
  FrameDecoder decoder;
  EXPECT_TRUE(
      Feed(&decoder, EncodeRaw({kVersion, 1, 1, 0, 1, 0, 7}, false)).empty());
  EXPECT_EQ(decoder.counters().bad_crc, 1u);
  EXPECT_EQ(Feed(&decoder, EncodeRaw({kVersion, 1, 1, 0, 1, 0, 7})).size(), 1u);
}

TEST(FrameDecoder, RefusesALengthThatDoesNotMatch) {
  for (uint8_t length : Bytes{0, 2, 255}) {
    FrameDecoder decoder;
    EXPECT_TRUE(
        Feed(&decoder, EncodeRaw({kVersion, 1, 1, 0, length, 0, 7})).empty());
    EXPECT_EQ(decoder.counters().bad_format, 1u);
  }
}

TEST(FrameDecoder, RefusesAnUnknownVersion) {
  for (int version = 0; version < 256; ++version) {
    FrameDecoder decoder;
    const auto all = Feed(
        &decoder, EncodeRaw({static_cast<uint8_t>(version), 1, 1, 0, 0, 0}));
    EXPECT_EQ(all.size(), version == kVersion ? 1u : 0u) << version;
  }
}

TEST(FrameDecoder, RefusesAHeaderCutShort) {
  FrameDecoder decoder;
  EXPECT_TRUE(Feed(&decoder, EncodeRaw({kVersion, 1, 1, 0, 0})).empty());
  EXPECT_TRUE(Feed(&decoder, {0, 1, 0}).empty());
  EXPECT_EQ(decoder.counters().bad_format, 2u);
}

TEST(FrameDecoder, RefusesACobsBlockThatRunsIntoTheDelimiter) {
  FrameDecoder decoder;
  EXPECT_TRUE(Feed(&decoder, {0, 20, 1, 1, 1, 0}).empty());
  EXPECT_EQ(decoder.counters().bad_format, 1u);
  ExpectGoodFrame(&decoder);
}

TEST(FrameDecoder, DropsTheOverlongAndGoesOn) {
  FrameDecoder decoder;
  Bytes endless(5 * kMaxFrameBytes, 0x02);
  EXPECT_TRUE(Feed(&decoder, endless).empty());
  EXPECT_EQ(decoder.counters().overlong, 1u);
  Feed(&decoder, {kDelimiter});
  ExpectGoodFrame(&decoder);
}

TEST(FrameDecoder, TakesTheLongestButNotOneMore) {
  Bytes raw = {kVersion, 1, 1, 0, 0x00, 0x04};
  raw.resize(kHeaderBytes + kMaxPayloadBytes, 9);
  FrameDecoder decoder;
  EXPECT_EQ(Feed(&decoder, EncodeRaw(raw)).size(), 1u);
  raw.push_back(9);
  raw[4] = 1;
  EXPECT_TRUE(Feed(&decoder, EncodeRaw(raw)).empty());
  EXPECT_EQ(decoder.counters().overlong, 1u);
  ExpectGoodFrame(&decoder);
}

TEST(FrameDecoder, AllZeroLineIsSilence) {
  FrameDecoder decoder;
  EXPECT_TRUE(Feed(&decoder, Bytes(10000, 0)).empty());
  EXPECT_EQ(decoder.counters().bad_format, 0u);
  ExpectGoodFrame(&decoder);
}

TEST(FrameDecoder, AllOnesLineIsOneOverlongFrame) {
  FrameDecoder decoder;
  EXPECT_TRUE(Feed(&decoder, Bytes(10000, 0xFF)).empty());
  EXPECT_EQ(decoder.counters().overlong, 1u);
}

TEST(FrameDecoder, ResyncsAfterALostDelimiter) {
  // One frame's end and the next one's start are both lost: both go.
  Bytes first = Encode(1, 1, Ramp(40));
  Bytes second = Encode(1, 2, Ramp(40));
  first.pop_back();
  first.insert(first.end(), second.begin() + 1, second.end());
  FrameDecoder decoder;
  EXPECT_TRUE(Feed(&decoder, first).empty());
  ExpectGoodFrame(&decoder);
}

TEST(FrameDecoder, OneSharedDelimiterIsEnough) {
  Bytes first = Encode(1, 1, Ramp(40));
  const Bytes second = Encode(1, 2, Ramp(40));
  first.insert(first.end(), second.begin() + 1, second.end());
  FrameDecoder decoder;
  EXPECT_EQ(Feed(&decoder, first).size(), 2u);
}

TEST(FrameDecoder, StartsInTheMiddleOfAFrame) {
  const Bytes whole = Encode(1, 1, Ramp(200));
  FrameDecoder decoder;
  EXPECT_TRUE(Feed(&decoder, Bytes(whole.begin() + 77, whole.end())).empty());
  ExpectGoodFrame(&decoder);
}

TEST(FrameDecoder, ResetForgetsAHalfFrame) {
  const Bytes whole = Encode(1, 1, Ramp(20));
  FrameDecoder decoder;
  Feed(&decoder, Bytes(whole.begin(), whole.begin() + 10));
  decoder.Reset();
  EXPECT_EQ(Feed(&decoder, whole).size(), 1u);
}

TEST(HostMessage, SequenceWrapsAroundZero) {
  EXPECT_EQ(NextSequence(1), 2);
  EXPECT_EQ(NextSequence(0xFFFF), 1);
}

TEST(HostMessage, StructsNeedTheirExactSize) {
  const Bytes bytes(sizeof(MemoryReply) + 1, 3);
  EXPECT_FALSE(ReadStruct<MemoryReply>(bytes.data(), bytes.size()));
  EXPECT_FALSE(ReadStruct<MemoryReply>(bytes.data(), bytes.size() - 2));
  const auto reply = ReadStruct<MemoryReply>(bytes.data(), bytes.size() - 1);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->stack_bytes, 0x03030303u);
  EXPECT_FALSE(ReadArray<uint32_t>(bytes.data(), 7));
  EXPECT_EQ(ReadArray<uint32_t>(bytes.data(), 8)->size(), 2u);
}

TEST(HostMessage, EventsAreNoReplies) {
  const uint8_t payload[] = {0, 7};
  EXPECT_FALSE(AsReply({0x70, 0, payload, 2}));
  EXPECT_FALSE(AsReply({0x81, 1, payload, 0}));
  const auto reply = AsReply({0x83, 5, payload, 2});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->type, Type::kRun);
  EXPECT_EQ(reply->body_bytes, 1u);
}

}  // namespace
}  // namespace tinyrig::wire
