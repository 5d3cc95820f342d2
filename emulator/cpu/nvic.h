// Exception numbers, their priorities and states: the NVIC and the system
// handlers' share of the SCB. Pure bookkeeping; entry and return of exceptions
// are in exceptions.cc.
#pragma once

#include <array>
#include <cstdint>

namespace tinyrig::emulator {

enum Exception : unsigned {
  kNoException = 0,
  kReset = 1,
  kNmi = 2,
  kHardFault = 3,
  kMemManage = 4,
  kBusFault = 5,
  kUsageFault = 6,
  kSvCall = 11,
  kDebugMonitor = 12,
  kPendSv = 14,
  kSysTick = 15,
  kFirstIrq = 16,
};

/// No exception is active: lower than any configurable priority.
constexpr int kThreadPriority = 256;

class Nvic {
 public:
  static constexpr unsigned kMaxExceptions = 256;
  explicit Nvic(unsigned irq_count);

  void Reset();

  void SetLine(unsigned irq, bool high);
  void SetPending(unsigned number, bool on);
  void SetEnabled(unsigned number, bool on);
  void SetActive(unsigned number, bool on);
  /// Active and no longer pending (unless its line is still high later).
  void Enter(unsigned number);
  /// Not active; pends again while its line is high.
  void Leave(unsigned number);

  [[nodiscard]] bool Pending(unsigned n) const { return Bit(pending_, n); }
  [[nodiscard]] bool Enabled(unsigned n) const { return Bit(enabled_, n); }
  [[nodiscard]] bool Active(unsigned n) const { return Bit(active_, n); }
  [[nodiscard]] bool AnyActive() const;
  [[nodiscard]] bool OnlyActive(unsigned number) const;

  [[nodiscard]] uint8_t Priority(unsigned n) const { return priority_[n]; }
  void SetPriority(unsigned number, uint8_t value);
  void SetPriorityGroup(unsigned prigroup) { prigroup_ = prigroup; }
  [[nodiscard]] unsigned PriorityGroup() const { return prigroup_; }

  /// Preemption level of an exception: -2 NMI, -1 HardFault, 0..255.
  [[nodiscard]] int GroupPriority(unsigned number) const;
  [[nodiscard]] int GroupOf(uint8_t value) const;
  /// Of all active exceptions, without PRIMASK and friends.
  [[nodiscard]] int ActivePriority() const;
  /// The pending and enabled exception that comes first, or kNoException.
  [[nodiscard]] unsigned HighestPending() const;
  /// The pending exception for ICSR.VECTPENDING; enabled ones only.
  [[nodiscard]] bool AnyIrqPending() const;

  [[nodiscard]] unsigned irq_count() const { return irq_count_; }
  [[nodiscard]] uint32_t EnabledWord(unsigned w) const {
    return IrqWord(enabled_, w);
  }
  [[nodiscard]] uint32_t PendingWord(unsigned w) const {
    return IrqWord(pending_, w);
  }
  [[nodiscard]] uint32_t ActiveWord(unsigned w) const {
    return IrqWord(active_, w);
  }

 private:
  using Bits = std::array<uint32_t, kMaxExceptions / 32>;
  static bool Bit(const Bits& bits, unsigned n) {
    return (bits[n / 32] >> (n % 32)) & 1;
  }
  static void Put(Bits* bits, unsigned n, bool on);
  [[nodiscard]] uint32_t IrqWord(const Bits& bits, unsigned word) const;

  unsigned irq_count_;
  unsigned prigroup_ = 0;
  Bits pending_{}, enabled_{}, active_{}, level_{};
  std::array<uint8_t, kMaxExceptions> priority_{};
};

}  // namespace tinyrig::emulator
