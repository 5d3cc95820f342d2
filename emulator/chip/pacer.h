// How long a sleeping board's process really sleeps, so that idle virtual time
// passes about as fast as real time. Pure: times are arguments.
//
// Short naps are not worth a system call: they are taken at once and owed.
// When a millisecond is owed, the process sleeps for what it owes.
#pragma once

#include <algorithm>
#include <cstdint>

namespace tinyrig::emulator {

class Pacer {
 public:
  static constexpr int64_t kWorthSleepingNs = 1'000'000;

  /// The core sleeps for `nap_ns` (INT64_MAX: until something comes).
  /// \return  real nanoseconds to wait for input; 0: take the nap at once
  [[nodiscard]] int64_t WaitFor(int64_t nap_ns) const {
    if (nap_ns > INT64_MAX - owed_ns_) {
      return INT64_MAX;
    }
    const int64_t total_ns = owed_ns_ + nap_ns;
    return total_ns < kWorthSleepingNs ? 0 : total_ns;
  }
  /// Real time went by, awake or asleep.
  /// \return  what is left of it after the debt was paid
  int64_t RealTimePassed(int64_t elapsed_ns) {
    const int64_t paid_ns = std::min(elapsed_ns, owed_ns_);
    owed_ns_ -= paid_ns;
    return elapsed_ns - paid_ns;
  }
  /// Virtual time was let pass without waiting for it.
  void Owe(int64_t nap_ns) { owed_ns_ += nap_ns; }

 private:
  int64_t owed_ns_ = 0;
};

}  // namespace tinyrig::emulator
