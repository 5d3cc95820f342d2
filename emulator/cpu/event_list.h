// Actions waiting for their cycle, in order; equal cycles in order of addition.
// Not for several threads.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "emulator/bus.h"

namespace tinyrig::emulator {

class EventList {
 public:
  EventQueue::Handle Add(uint64_t at_cycles, std::function<void()> action);
  /// Does nothing when the event has run or never was.
  void Cancel(EventQueue::Handle handle);
  /// Cycle of the first event, or UINT64_MAX.
  [[nodiscard]] uint64_t NextCycles() const;
  /// Runs the first event if it is due at `now_cycles`. Its action may add and
  /// cancel events. \return whether one ran.
  bool RunNextDue(uint64_t now_cycles);

 private:
  struct Event {
    EventQueue::Handle handle;
    std::function<void()> action;
  };
  std::multimap<uint64_t, Event> events_;
  EventQueue::Handle next_handle_ = 1;
};

}  // namespace tinyrig::emulator
