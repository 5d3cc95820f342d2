// Seeded random numbers that are the same on every machine: integers and exact
// IEEE operations only, nothing of <random>'s distributions.
#pragma once

#include <cstdint>

namespace tinyrig::digits {

class Random {
 public:
  /// `stream` tells sequences of one seed apart (train, test, sample number).
  Random(uint64_t seed, uint64_t stream)
      : state_(Mix(seed) ^ Mix(stream * 2 + 1)) {
    state_ = state_ == 0 ? 1 : state_;
  }

  /// Vigna's xorshift64*.
  uint64_t Next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1DULL;
  }

  /// 0 .. n - 1; the bias of at most n / 2^32 does not matter here.
  int Below(int n) {
    return static_cast<int>((Next() >> 32) * static_cast<uint64_t>(n) >> 32);
  }

  bool Chance(double p) { return Between(0, 1) < p; }

  double Between(double low, double high) {
    return low + (high - low) * (static_cast<double>(Next() >> 11) * 0x1p-53);
  }

  /// About normal, mean 0, deviation 1: the sum of 12 uniform numbers.
  double Normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) {
      sum += Between(0, 1);
    }
    return sum;
  }

 private:
  /// SplitMix64's finaliser: spreads small seeds over 64 bits.
  static uint64_t Mix(uint64_t x) {
    x += 0x9E3779B97F4A7C15ULL;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
  }

  uint64_t state_;
};

}  // namespace tinyrig::digits
