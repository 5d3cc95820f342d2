#include "cli/interrupt.h"

#include <csignal>
#include <ctime>
#include <utility>

#include "base/clock.h"

namespace tinyrig::cli {
namespace {

// Wrappers such as timeout(1) signal the child and its group: twice at once.
constexpr int64_t kPatienceUs = 1'000'000;

sigset_t Signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

void HoldSignals() {
  const sigset_t set = Signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

Interrupt::Interrupt(std::function<void()> on_signal)
    : on_signal_(std::move(on_signal)) {
  HoldSignals();
  thread_ = std::thread([this] {
    const sigset_t waited = Signals();
    int64_t first_us = 0;
    while (!ending_) {
      const timespec patience{0, 100'000'000};
      if (sigtimedwait(&waited, nullptr, &patience) > 0) {
        const int64_t now_us = base::SystemClock().MonotonicMicros();
        if (!raised_.exchange(true)) {
          first_us = now_us;
          on_signal_();
        } else if (now_us - first_us > kPatienceUs) {
          std::_Exit(130);  // asked again: do not wait for a tidy end
        }
      }
    }
  });
}

Interrupt::~Interrupt() {
  ending_ = true;
  thread_.join();
}

}  // namespace tinyrig::cli
