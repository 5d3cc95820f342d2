// Noise of several kinds, seeded: whatever is delivered was sent, and the line
// heals. Seed and round are printed on failure.
#include <algorithm>
#include <random>
#include <vector>

#include "gtest/gtest.h"

#include "proto/wire/frame.h"

namespace tinyrig::wire {
namespace {

using Bytes = std::vector<uint8_t>;

struct Sent {
  uint8_t type;
  uint16_t sequence;
  Bytes payload;
  bool operator==(const Sent&) const = default;
};

class Noise {
 public:
  explicit Noise(uint32_t seed) : random_(seed) {}

  uint32_t Below(uint32_t bound) {
    return static_cast<uint32_t>(random_()) % bound;
  }

  Sent NextFrame() {
    Sent sent{static_cast<uint8_t>(Below(256)),
              static_cast<uint16_t>(Below(65536)), Bytes(Below(64))};
    const bool with_zeros = Below(2) == 0;
    for (uint8_t& byte : sent.payload) {
      byte = static_cast<uint8_t>(Below(with_zeros ? 3 : 256));
    }
    return sent;
  }

  void Disturb(Bytes* line) {
    const size_t at = Below(static_cast<uint32_t>(line->size()));
    switch (Below(4)) {
      case 0:
        (*line)[at] = static_cast<uint8_t>((*line)[at] ^ 1u << Below(8));
        break;
      case 1:
        line->erase(line->begin() + static_cast<ptrdiff_t>(at));
        break;
      case 2:
        line->insert(line->begin() + static_cast<ptrdiff_t>(at),
                     static_cast<uint8_t>(Below(256)));
        break;
      default:
        std::fill_n(line->begin() + static_cast<ptrdiff_t>(at),
                    std::min<size_t>(Below(20), line->size() - at),
                    static_cast<uint8_t>(Below(2) * 255));
    }
  }

 private:
  std::mt19937 random_;
};

TEST(FrameFuzz, DeliversOnlyWhatWasSent) {
  constexpr uint32_t kSeed = 20261122;
  constexpr int kFrames = 60000;
  Noise noise(kSeed);
  FrameDecoder decoder;
  Sent previous{};
  int delivered = 0;
  int undisturbed = 0;
  for (int round = 0; round < kFrames; ++round) {
    const Sent sent = noise.NextFrame();
    Bytes line(kMaxFrameBytes);
    line.resize(EncodeFrame(sent.type, sent.sequence, sent.payload.data(),
                            sent.payload.size(), line.data()));
    const bool disturbed = noise.Below(3) != 0;
    if (disturbed) {
      noise.Disturb(&line);
    } else {
      ++undisturbed;
    }
    const int before = delivered;
    Frame frame;
    for (uint8_t byte : line) {
      if (decoder.Push(byte, &frame)) {
        ++delivered;
        const Sent seen{
            frame.type, frame.sequence,
            Bytes(frame.payload, frame.payload + frame.payload_bytes)};
        // A frame whose own delimiter was lost ends at the next one's.
        ASSERT_TRUE(seen == sent || seen == previous)
            << "seed " << kSeed << " round " << round;
      }
    }
    ASSERT_TRUE(disturbed || delivered > before)
        << "seed " << kSeed << " round " << round;
    previous = sent;
  }
  EXPECT_GE(delivered, undisturbed);
  std::printf("%d frames, %d undisturbed, %d delivered\n", kFrames, undisturbed,
              delivered);
}

TEST(FrameFuzz, PureNoiseDeliversNothing) {
  Noise noise(7);
  FrameDecoder decoder;
  Frame frame;
  for (int i = 0; i < 3'000'000; ++i) {
    ASSERT_FALSE(decoder.Push(static_cast<uint8_t>(noise.Below(256)), &frame));
  }
  EXPECT_GT(decoder.counters().bad_format, 0u);
}

}  // namespace
}  // namespace tinyrig::wire
