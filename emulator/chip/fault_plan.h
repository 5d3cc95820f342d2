// What goes wrong, and when: a plan parsed from text and a seeded injector that
// carries it out. Pure: no clock, no I/O, the same bytes give the same faults.
// The grammar stands in docs/VBOARD.md.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace tinyrig::emulator {

struct FaultPlan {
  uint64_t drop_one_in = 0;   ///< 0: never; else 1 byte in so many
  uint64_t flip_one_in = 0;   ///< one bit of the byte
  uint64_t stall_one_in = 0;  ///< the byte and all behind it wait
  int64_t stall_ms = 0;
  std::optional<uint64_t> hang_after_cycles;  ///< the CPU stops, once
  uint64_t reset_in_flash = 0;  ///< the N-th flash operation; 0: never
  bool dead = false;            ///< no serial line answers, nothing runs

  /// "none" or "" or "drop=1/10000,flip=1/10000,stall=1/50000:200ms,
  /// hang-after=5000000cycles,reset-in-flash=3,dead".
  /// INVALID_ARGUMENT names the item and what it should look like.
  static absl::StatusOr<FaultPlan> Parse(std::string_view text);
};

/// A line and direction; each has its own random stream, so that what happens
/// to one does not depend on how the others interleave.
enum class FaultLine { kConsoleIn, kConsoleOut, kLoaderIn, kLoaderOut };

class FaultInjector {
 public:
  struct ByteFate {
    bool drop = false;
    uint8_t byte = 0;
    int64_t stall_ms = 0;
  };
  struct Counters {
    uint64_t drop = 0, flip = 0, stall = 0, hang = 0, reset_in_flash = 0;
  };

  FaultInjector(const FaultPlan& plan, uint64_t seed);

  /// The fate of the next byte on a line.
  ByteFate OnByte(FaultLine line, uint8_t byte);
  /// A flash operation begins; true: the board resets in the middle of it.
  bool OnFlashOperation();
  /// True once, as soon as the plan is `cycles` old.
  bool HangsAt(uint64_t cycles);

  [[nodiscard]] const FaultPlan& plan() const { return plan_; }
  [[nodiscard]] const Counters& counters() const { return counters_; }
  /// The next plan; counters go on.
  void Replace(const FaultPlan& plan);

 private:
  uint64_t Next(FaultLine line);
  bool OneIn(FaultLine line, uint64_t n) {
    return n != 0 && Next(line) % n == 0;
  }

  FaultPlan plan_;
  std::array<uint64_t, 4> states_{};
  uint64_t flash_operations_ = 0;
  Counters counters_;
};

}  // namespace tinyrig::emulator
