#include "cli/interrupt.h"

#include <csignal>
#include <ctime>
#include <utility>

namespace tinyrig::cli {
namespace {

sigset_t Signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

Interrupt::Interrupt(std::function<void()> on_signal)
    : on_signal_(std::move(on_signal)) {
  const sigset_t set = Signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this] {
    const sigset_t waited = Signals();
    while (!ending_) {
      const timespec patience{0, 100'000'000};
      if (sigtimedwait(&waited, nullptr, &patience) > 0) {
        if (raised_.exchange(true)) {
          std::_Exit(130);  // the second signal does not wait
        }
        on_signal_();
      }
    }
  });
}

Interrupt::~Interrupt() {
  ending_ = true;
  thread_.join();
}

}  // namespace tinyrig::cli
