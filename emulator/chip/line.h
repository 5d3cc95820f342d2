// One direction of a serial line between the PTY and the chip, with the fault
// plan in it. Pure: the time is an argument.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <span>

#include "emulator/chip/fault_plan.h"

namespace tinyrig::emulator {

class Line {
 public:
  static constexpr size_t kMaxBytes = 1 << 16;

  Line(FaultInjector& injector, FaultLine which)
      : injector_(injector), which_(which) {}

  /// Bytes that may still be pushed before the oldest would have to go.
  [[nodiscard]] size_t room() const {
    return queue_.size() >= kMaxBytes ? 0 : kMaxBytes - queue_.size();
  }
  /// Puts bytes on the line; what does not fit is lost.
  void Push(std::span<const uint8_t> bytes, int64_t now_us) {
    for (const uint8_t byte : bytes) {
      const FaultInjector::ByteFate fate = injector_.OnByte(which_, byte);
      if (fate.stall_ms > 0) {
        Hold(now_us + fate.stall_ms * 1000);
      }
      if (!fate.drop && room() > 0 && !injector_.plan().dead) {
        queue_.push_back({fate.byte, open_us_});
      }
    }
  }
  /// Nothing pushed from now on comes out before `until_us`.
  void Hold(int64_t until_us) { open_us_ = std::max(open_us_, until_us); }
  [[nodiscard]] bool Ready(int64_t now_us) const {
    return !queue_.empty() && queue_.front().ready_us <= now_us;
  }
  uint8_t Pop() {
    const uint8_t byte = queue_.front().byte;
    queue_.pop_front();
    return byte;
  }
  void Clear() { queue_.clear(); }
  /// When the next byte is ready, or INT64_MAX.
  [[nodiscard]] int64_t NextReadyMicros() const {
    return queue_.empty() ? INT64_MAX : queue_.front().ready_us;
  }

 private:
  struct Entry {
    uint8_t byte = 0;
    int64_t ready_us = 0;
  };
  FaultInjector& injector_;
  FaultLine which_;
  std::deque<Entry> queue_;
  int64_t open_us_ = 0;
};

}  // namespace tinyrig::emulator
