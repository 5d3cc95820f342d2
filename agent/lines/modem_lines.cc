#include <chrono>
#include <thread>

#include "agent/lines/board_lines.h"

namespace tinyrig::agent {
namespace {

// NRST needs 20 us low (DS10916, DS11139); USB adapters act by the ms.
constexpr std::chrono::milliseconds kResetPulse(20);
// From NRST high to the ROM loader's first sampling of its pins.
constexpr std::chrono::milliseconds kBootTime(50);

class ModemLines : public BoardLines {
 public:
  ModemLines(SerialPort* port, ModemWiring wiring)
      : port_(port), wiring_(wiring) {}

  absl::Status SetBoot0(bool high) override {
    if (wiring_.boot0 == ModemLine::kNone) {
      return absl::FailedPreconditionError(
          "BOOT0 is not wired (lines.boot0): move its jumper by hand");
    }
    boot0_ = high;
    return Drive(false);
  }
  absl::Status Reset() override {
    if (wiring_.reset == ModemLine::kNone) {
      return absl::FailedPreconditionError(
          "reset is not wired (lines.reset): press the board's button");
    }
    RETURN_IF_ERROR(Drive(true));
    std::this_thread::sleep_for(kResetPulse);
    RETURN_IF_ERROR(Drive(false));
    std::this_thread::sleep_for(kBootTime);
    return absl::OkStatus();
  }

 private:
  absl::Status Drive(bool reset) {
    const auto level = [&](ModemLine line) {
      return (wiring_.reset == line && reset) ||
             (wiring_.boot0 == line && boot0_);
    };
    return port_->SetLines(level(ModemLine::kDtr), level(ModemLine::kRts));
  }

  SerialPort* port_;
  ModemWiring wiring_;
  bool boot0_ = false;
};

class ManualLines : public BoardLines {
 public:
  absl::Status SetBoot0(bool high) override {
    return absl::FailedPreconditionError(absl::StrCat(
        "no line pulls BOOT0: set its jumper ", high ? "high" : "low",
        " by hand, or configure control: or lines:"));
  }
  absl::Status Reset() override {
    return absl::FailedPreconditionError(
        "no line pulls reset: press the board's button, or configure "
        "control: or lines:");
  }
  [[nodiscard]] bool automatic() const override { return false; }
};

}  // namespace

std::unique_ptr<BoardLines> MakeModemLines(SerialPort* port,
                                           ModemWiring wiring) {
  return std::make_unique<ModemLines>(port, wiring);
}

std::unique_ptr<BoardLines> MakeManualLines() {
  return std::make_unique<ManualLines>();
}

}  // namespace tinyrig::agent
