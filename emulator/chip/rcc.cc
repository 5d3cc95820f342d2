#include "emulator/chip/rcc.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace tinyrig::emulator {
namespace {

constexpr uint32_t kCr = 0x00;
constexpr uint32_t kPllcfgr = 0x04;
constexpr uint32_t kCfgr = 0x08;
constexpr uint32_t kAhb1rstr = 0x10;
constexpr uint32_t kApb2rstr = 0x24;
constexpr uint32_t kAhb1enr = 0x30;
constexpr uint32_t kCsr = 0x74;
constexpr uint32_t kDckcfgr2F7 = 0x90;
constexpr uint32_t kRstToEnr = 0x20;

constexpr uint32_t kCrWritable = 0x050D00F9;  // not ready bits, not HSICAL
constexpr unsigned kPll = 2;

}  // namespace

Rcc::Rcc(const boards::Board& board, EventQueue& events, Hooks hooks)
    : board_(board),
      events_(events),
      f7_(board.family == boards::Family::kStm32F7) {
  // Typical start-up times of the data sheets (HSE from a bypass clock).
  oscillators_ = {{{0, 2'000, 0},
                   {16, 10'000, 0},
                   {24, 100'000, 0},
                   {26, 100'000, 0},
                   {28, 100'000, 0}}};
  csr_flags_ = reset_flag::kPowerOn | reset_flag::kPin | reset_flag::kBrownOut;
  Reset();
  hooks_ = std::move(hooks);  // only now: the chip around us is half built
}

void Rcc::Reset() {
  registers_.fill(0);
  Reg(kCr) = 0x81;
  Reg(kPllcfgr) = 0x24003010;
  Reg(0x84) = 0x24003000;  // PLLI2SCFGR
  if (f7_) {
    Reg(kAhb1enr) = 0x00100000;  // DTCMRAMEN
    Reg(0x50) = 0x7EF7B7FF;      // AHB1LPENR
    Reg(0x54) = 0x000000F1;
    Reg(0x58) = 0x00000003;
    Reg(0x60) = 0xFFFFCBFF;
    Reg(0x64) = 0x04F77F33;
    Reg(0x88) = 0x24003000;  // PLLSAICFGR
  }
  for (Oscillator& oscillator : oscillators_) {
    oscillator.ready_at_cycles = 0;
  }
  active_source_ = 0;
  Recompute();
}

void Rcc::SetResetCause(uint32_t flags) {
  if ((flags & reset_flag::kPowerOn) != 0) {
    csr_flags_ = 0;
  }
  csr_flags_ |= flags & reset_flag::kAll;
}

bool Rcc::Enabled(const ClockGate& gate) const {
  return gate.offset == 0 || (Reg(gate.offset) & Bit(gate.bit)) != 0;
}

bool Rcc::PllOn() const {
  return Ready(oscillators_[kPll]);
}

uint64_t Rcc::CyclesFor(uint64_t nanoseconds) const {
  constexpr uint64_t kNsPerSecond = 1'000'000'000;
  const uint64_t whole = nanoseconds / kNsPerSecond * clocks_.hclk_hz;
  const uint64_t part =
      nanoseconds % kNsPerSecond * clocks_.hclk_hz / kNsPerSecond;
  return std::max<uint64_t>(whole + part, 1);
}

uint32_t Rcc::UsartKernelHz(int number) const {
  const bool apb2 = number == 1 || number == 6;
  const uint32_t bus_hz = apb2 ? clocks_.pclk2_hz : clocks_.pclk1_hz;
  if (!f7_) {
    return bus_hz;
  }
  const unsigned shift = 2 * static_cast<unsigned>(number - 1);
  switch ((Reg(kDckcfgr2F7) >> shift) & 3) {
    case 1:
      return clocks_.sysclk_hz;
    case 2:
      return board_.clock.hsi_hz;
    case 3:
      return 32'768;
    default:
      return bus_hz;
  }
}

bool Rcc::Ready(const Oscillator& oscillator) const {
  return (Reg(kCr) & Bit(oscillator.on_bit)) != 0 &&
         events_.NowCycles() >= oscillator.ready_at_cycles;
}

uint32_t Rcc::ReadWord(uint32_t offset) {
  if (offset >= kRegisterBytes) {
    return 0;
  }
  TrySwitch();
  if (offset == kCr) {
    uint32_t value = Reg(kCr);
    for (const Oscillator& oscillator : oscillators_) {
      value |= Ready(oscillator) ? Bit(oscillator.on_bit + 1) : 0;
    }
    return value;
  }
  if (offset == kCfgr) {
    return (Reg(kCfgr) & ~0xCu) | (active_source_ << 2);
  }
  if (offset == kCsr) {
    const uint32_t lsi = Reg(kCsr) & 1;
    return csr_flags_ | lsi | (lsi << 1);
  }
  return Reg(offset);
}

void Rcc::WriteWord(uint32_t offset, uint32_t value, uint32_t mask) {
  if (offset >= kRegisterBytes) {
    return;
  }
  if (offset == kCr) {
    WriteCr(value, mask);
  } else if (offset == kCsr) {
    Merge(&Reg(kCsr), value, mask & 1);
    if ((value & Bit(24)) != 0) {  // RMVF
      csr_flags_ = 0;
    }
  } else if (offset >= kAhb1rstr && offset <= kApb2rstr) {
    const uint32_t old = Reg(offset);
    Merge(&Reg(offset), value, mask);
    const uint32_t rising = Reg(offset) & ~old;
    if (rising != 0) {
      hooks_.reset_block(offset + kRstToEnr, rising);
    }
  } else if (offset == kPllcfgr && (Reg(kCr) & Bit(24)) != 0) {
    LOG_WARNING("rcc", "PLLCFGR written while the PLL is on: ignored");
  } else {
    Merge(&Reg(offset), value, mask);
  }
  TrySwitch();
  Recompute();
}

void Rcc::WriteCr(uint32_t value, uint32_t mask) {
  const uint32_t old = Reg(kCr);
  Merge(&Reg(kCr), value, mask & (kCrWritable | (f7_ ? Bit(28) : 0)));
  // The clock that drives SYSCLK cannot be switched off.
  constexpr unsigned kSourceBit[3] = {0, 16, 24};
  Reg(kCr) |= old & Bit(kSourceBit[active_source_]);
  for (Oscillator& oscillator : oscillators_) {
    const uint32_t bit = Bit(oscillator.on_bit);
    if ((Reg(kCr) & bit) != 0 && (old & bit) == 0) {
      oscillator.ready_at_cycles =
          events_.NowCycles() + CyclesFor(oscillator.startup_ns);
      if (oscillator.on_bit == 16 && board_.clock.hse_hz == 0) {
        oscillator.ready_at_cycles = UINT64_MAX;  // nothing on OSC_IN
      }
    }
  }
}

uint32_t Rcc::SourceHz(uint32_t source) const {
  switch (source) {
    case 0:
      return board_.clock.hsi_hz;
    case 1:
      return board_.clock.hse_hz;
    default:
      return PllOutputHz(Reg(kPllcfgr), board_.clock.hse_hz,
                         board_.clock.hsi_hz);
  }
}

void Rcc::TrySwitch() {
  const uint32_t wanted = Reg(kCfgr) & 3;
  if (wanted == active_source_ || wanted == 3 || !Ready(oscillators_[wanted])) {
    return;
  }
  if (SourceHz(wanted) == 0) {
    LOG_WARNING("rcc", "PLLCFGR {:#010x} is no valid setting", Reg(kPllcfgr));
    return;
  }
  active_source_ = wanted;
  Recompute();
}

void Rcc::Recompute() {
  const uint32_t old_hz = clocks_.hclk_hz;
  clocks_ = DivideClocks(SourceHz(active_source_), Reg(kCfgr));
  if (clocks_.hclk_hz != old_hz) {
    LOG_DEBUG("rcc", "HCLK {} Hz, PCLK1 {} Hz, PCLK2 {} Hz", clocks_.hclk_hz,
              clocks_.pclk1_hz, clocks_.pclk2_hz);
    if (hooks_.clocks_changed) {
      hooks_.clocks_changed();
    }
  }
}

}  // namespace tinyrig::emulator
