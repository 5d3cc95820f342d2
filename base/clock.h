// The only place that asks the time. Deciders take times as arguments; doers
// take a Clock, so that a test can turn the hands.
#pragma once

#include <chrono>
#include <cstdint>

namespace tinyrig::base {

class Clock {
 public:
  virtual ~Clock() = default;
  /// Microseconds since the Unix epoch (wall clock; may jump).
  [[nodiscard]] virtual int64_t UnixMicros() const = 0;
  /// Microseconds since some start (monotonic; for deadlines and durations).
  [[nodiscard]] virtual int64_t MonotonicMicros() const = 0;
};

/// The machine's own clock. Lives for ever; thread-safe.
const Clock& SystemClock();

/// A clock that moves only when told; for tests. Not thread-safe.
class ManualClock : public Clock {
 public:
  explicit ManualClock(int64_t unix_us = 1'700'000'000'000'000)
      : now_us_(unix_us) {}
  [[nodiscard]] int64_t UnixMicros() const override { return now_us_; }
  [[nodiscard]] int64_t MonotonicMicros() const override { return now_us_; }
  void Advance(int64_t us) { now_us_ += us; }

 private:
  int64_t now_us_;
};

}  // namespace tinyrig::base
