#include "emulator/cpu/event_list.h"

#include <algorithm>
#include <utility>

namespace tinyrig::emulator {

EventQueue::Handle EventList::Add(uint64_t at_cycles,
                                  std::function<void()> action) {
  const EventQueue::Handle handle = next_handle_++;
  events_.emplace(at_cycles, Event{handle, std::move(action)});
  return handle;
}

void EventList::Cancel(EventQueue::Handle handle) {
  const auto it = std::find_if(
      events_.begin(), events_.end(),
      [&](const auto& entry) { return entry.second.handle == handle; });
  if (it != events_.end()) {
    events_.erase(it);
  }
}

uint64_t EventList::NextCycles() const {
  return events_.empty() ? UINT64_MAX : events_.begin()->first;
}

bool EventList::RunNextDue(uint64_t now_cycles) {
  if (NextCycles() > now_cycles || events_.empty()) {
    return false;
  }
  auto node = events_.extract(events_.begin());
  node.mapped().action();
  return true;
}

}  // namespace tinyrig::emulator
