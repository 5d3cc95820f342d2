// Replays docs/WIRE.md: every `frame` example is what the codec writes and
// reads, every `broken` one is dropped for the reason the page gives.
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "proto/wire/frame.h"
#include "proto/wire/host_message.h"

namespace tinyrig::wire {
namespace {

using Bytes = std::vector<uint8_t>;

struct Example {
  std::string kind;  // "frame" or "broken"
  std::map<std::string, std::string> fields;
  Bytes bytes;
};

Bytes FromHex(const std::string& text) {
  std::istringstream stream(text);
  Bytes bytes;
  for (std::string pair; stream >> pair;) {
    bytes.push_back(static_cast<uint8_t>(std::stoul(pair, nullptr, 16)));
  }
  return bytes;
}

/// "frame name=.. type=.. ..." then indented lines: `payload` hex, `bytes` hex.
std::vector<Example> ReadPage() {
  std::ifstream page(TINYRIG_SOURCE_DIR "/docs/WIRE.md");
  std::vector<Example> examples;
  for (std::string line; std::getline(page, line);) {
    std::istringstream words(line);
    std::string first;
    words >> first;
    if (line.rfind("frame ", 0) == 0 || line.rfind("broken ", 0) == 0) {
      examples.push_back({first, {}, {}});
      for (std::string word; words >> word;) {
        const size_t equals = word.find('=');
        examples.back().fields[word.substr(0, equals)] =
            word.substr(equals + 1);
      }
    } else if (!examples.empty() && line.rfind("  bytes", 0) == 0) {
      std::string rest;
      std::getline(words, rest);
      for (uint8_t byte : FromHex(rest)) {
        examples.back().bytes.push_back(byte);
      }
    } else if (!examples.empty() && line.rfind("  payload", 0) == 0) {
      std::getline(words, examples.back().fields["payload"]);
    }
  }
  return examples;
}

std::string ToHex(const Bytes& bytes) {
  std::string text;
  for (uint8_t byte : bytes) {
    char pair[4];
    std::snprintf(pair, sizeof(pair), "%02X ", byte);
    text += pair;
  }
  return text;
}

TEST(WirePage, FramesAreWhatTheCodecWritesAndReads) {
  int seen = 0;
  for (const Example& example : ReadPage()) {
    if (example.kind != "frame") {
      continue;
    }
    ++seen;
    const auto field = [&](const char* name) {
      const auto found = example.fields.find(name);
      return found == example.fields.end() ? std::string("0") : found->second;
    };
    SCOPED_TRACE(field("name"));
    const auto type =
        static_cast<uint8_t>(std::stoul(field("type"), nullptr, 0));
    const auto sequence =
        static_cast<uint16_t>(std::stoul(field("sequence"), nullptr, 0));
    const Bytes payload = example.fields.count("payload") != 0
                              ? FromHex(example.fields.at("payload"))
                              : Bytes();
    EXPECT_EQ(ToHex(EncodeRequest(static_cast<Type>(type), sequence, payload)),
              ToHex(example.bytes));
    FrameDecoder decoder;
    Frame frame;
    int delivered = 0;
    for (uint8_t byte : example.bytes) {
      delivered += decoder.Push(byte, &frame) ? 1 : 0;
    }
    ASSERT_EQ(delivered, 1);
    EXPECT_EQ(frame.type, type);
    EXPECT_EQ(frame.sequence, sequence);
    EXPECT_EQ(Bytes(frame.payload, frame.payload + frame.payload_bytes),
              payload);
  }
  EXPECT_GE(seen, 8);
}

TEST(WirePage, BrokenFramesAreDroppedForTheReasonGiven) {
  int seen = 0;
  for (const Example& example : ReadPage()) {
    if (example.kind != "broken") {
      continue;
    }
    ++seen;
    SCOPED_TRACE(example.fields.at("name"));
    FrameDecoder decoder;
    Frame frame;
    for (uint8_t byte : example.bytes) {
      EXPECT_FALSE(decoder.Push(byte, &frame));
    }
    const DecoderCounters& counters = decoder.counters();
    const std::string& reason = example.fields.at("counter");
    EXPECT_EQ(counters.bad_crc, reason == "bad_crc" ? 1u : 0u);
    EXPECT_EQ(counters.bad_format, reason == "bad_format" ? 1u : 0u);
  }
  EXPECT_GE(seen, 5);
}

}  // namespace
}  // namespace tinyrig::wire
