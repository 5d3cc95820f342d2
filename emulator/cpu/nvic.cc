#include "emulator/cpu/nvic.h"

#include <algorithm>

namespace tinyrig::emulator {

Nvic::Nvic(unsigned irq_count)
    : irq_count_(std::min(irq_count, kMaxExceptions - kFirstIrq)) {
  Reset();
}

void Nvic::Reset() {
  pending_ = {};
  active_ = {};
  enabled_ = {};
  priority_ = {};
  prigroup_ = 0;
  // Always enabled; the three configurable faults follow SHCSR.
  for (unsigned n :
       {kNmi, kHardFault, kSvCall, kDebugMonitor, kPendSv, kSysTick}) {
    Put(&enabled_, n, true);
  }
  for (unsigned n = 0; n < pending_.size(); ++n) {
    pending_[n] = level_[n];  // a device that is still asking asks again
  }
}

void Nvic::Put(Bits* bits, unsigned n, bool on) {
  const uint32_t mask = 1u << (n % 32);
  (*bits)[n / 32] = on ? (*bits)[n / 32] | mask : (*bits)[n / 32] & ~mask;
}

void Nvic::SetLine(unsigned irq, bool high) {
  if (irq >= irq_count_) {
    return;
  }
  const unsigned number = irq + kFirstIrq;
  Put(&level_, number, high);
  if (high && !Active(number)) {
    Put(&pending_, number, true);
  }
}

void Nvic::SetPending(unsigned n, bool on) {
  if (n < kFirstIrq + irq_count_) {
    // Clearing has no lasting effect while the line is high.
    Put(&pending_, n, on || (Bit(level_, n) && !Active(n)));
  }
}

void Nvic::SetEnabled(unsigned n, bool on) {
  if (n < kFirstIrq + irq_count_) {
    Put(&enabled_, n, on);
  }
}

void Nvic::SetActive(unsigned n, bool on) {
  Put(&active_, n, on);
}

void Nvic::Enter(unsigned number) {
  Put(&pending_, number, false);
  Put(&active_, number, true);
}

void Nvic::Leave(unsigned number) {
  Put(&active_, number, false);
  if (Bit(level_, number)) {
    Put(&pending_, number, true);
  }
}

bool Nvic::AnyActive() const {
  return std::any_of(active_.begin(), active_.end(),
                     [](uint32_t word) { return word != 0; });
}

bool Nvic::OnlyActive(unsigned number) const {
  Bits rest = active_;
  Put(&rest, number, false);
  return std::all_of(rest.begin(), rest.end(),
                     [](uint32_t word) { return word == 0; });
}

void Nvic::SetPriority(unsigned number, uint8_t value) {
  if (number >= 4 && number < kFirstIrq + irq_count_) {
    priority_[number] = value & 0xF0;  // STM32: 4 priority bits
  }
}

int Nvic::GroupOf(uint8_t value) const {
  const unsigned subpriority_bits = prigroup_ + 1;
  return (value >> subpriority_bits) << subpriority_bits;
}

int Nvic::GroupPriority(unsigned number) const {
  switch (number) {
    case kReset:
      return -3;
    case kNmi:
      return -2;
    case kHardFault:
      return -1;
    default:
      return GroupOf(priority_[number]);
  }
}

int Nvic::ActivePriority() const {
  int best = kThreadPriority;
  for (unsigned w = 0; w < active_.size(); ++w) {
    for (uint32_t bits = active_[w]; bits != 0; bits &= bits - 1) {
      const auto n = w * 32 + static_cast<unsigned>(__builtin_ctz(bits));
      best = std::min(best, GroupPriority(n));
    }
  }
  return best;
}

unsigned Nvic::HighestPending() const {
  unsigned best = kNoException;
  int best_priority = kThreadPriority;
  for (unsigned w = 0; w < pending_.size(); ++w) {
    for (uint32_t bits = pending_[w] & enabled_[w]; bits != 0;
         bits &= bits - 1) {
      const auto n = w * 32 + static_cast<unsigned>(__builtin_ctz(bits));
      const int priority =
          n < kMemManage ? GroupPriority(n) : int{priority_[n]};
      if (priority < best_priority) {
        best = n;
        best_priority = priority;
      }
    }
  }
  return best;
}

bool Nvic::AnyIrqPending() const {
  for (unsigned w = 0; w < pending_.size(); ++w) {
    if ((w == 0 ? pending_[w] & 0xFFFF0000u : pending_[w]) != 0) {
      return true;
    }
  }
  return false;
}

uint32_t Nvic::IrqWord(const Bits& bits, unsigned word) const {
  if (word >= 8) {
    return 0;
  }
  const uint32_t low = bits[word] >> 16;
  const uint32_t high = word + 1 < bits.size() ? bits[word + 1] << 16 : 0;
  return low | high;
}

}  // namespace tinyrig::emulator
