// SIGINT and SIGTERM as a call in a thread of their own, so that the handler
// may do anything. HoldSignals() comes before any other thread starts (a gRPC
// channel starts some), else such a thread takes the signal and we just die.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace tinyrig::cli {

/// From here on signals wait for an Interrupt.
void HoldSignals();

class Interrupt {
 public:
  explicit Interrupt(std::function<void()> on_signal);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  [[nodiscard]] bool raised() const { return raised_; }

 private:
  std::function<void()> on_signal_;
  std::atomic<bool> raised_ = false;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace tinyrig::cli
