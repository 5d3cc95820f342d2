// Fakes for unit tests of devices: an event queue that a test turns by hand,
// interrupt lines that remember, a listener that counts.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "emulator/bus.h"
#include "emulator/chip/chip.h"

namespace tinyrig::emulator {

class FakeEvents : public EventQueue {
 public:
  [[nodiscard]] uint64_t NowCycles() const override { return now_; }
  Handle At(uint64_t at_cycles, std::function<void()> action) override {
    events_.emplace(at_cycles, std::make_pair(++last_, std::move(action)));
    return last_;
  }
  void Cancel(Handle handle) override {
    std::erase_if(events_, [&](const auto& event) {
      return event.second.first == handle;
    });
  }
  /// Moves on, carrying out what comes due at its own cycle.
  void Advance(uint64_t cycles) {
    const uint64_t end = now_ + cycles;
    while (!events_.empty() && events_.begin()->first <= end) {
      auto node = events_.extract(events_.begin());
      now_ = std::max(now_, node.key());
      node.mapped().second();
    }
    now_ = end;
  }

 private:
  uint64_t now_ = 0;
  Handle last_ = 0;
  std::multimap<uint64_t, std::pair<Handle, std::function<void()>>> events_;
};

class FakeLines : public InterruptLines {
 public:
  void SetLine(unsigned irq, bool high) override {
    if (high) {
      high_.insert(irq);
    } else {
      high_.erase(irq);
    }
  }
  [[nodiscard]] bool High(unsigned irq) const { return high_.count(irq) != 0; }

 private:
  std::set<unsigned> high_;
};

class FakeListener : public ChipListener {
 public:
  void WatchdogBites() override { ++bites; }
  void ConsoleSent(uint8_t byte) override { sent.push_back(byte); }
  void CodeChanged(uint32_t base, uint32_t size_bytes) override {
    changed.emplace_back(base, size_bytes);
  }
  bool FlashInterrupted() override { return false; }

  int bites = 0;
  std::vector<uint8_t> sent;
  std::vector<std::pair<uint32_t, uint32_t>> changed;
};

}  // namespace tinyrig::emulator
