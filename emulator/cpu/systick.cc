// SysTick, computed from the cycle count; only the interrupt needs an event.
// CLKSOURCE 0 is the external reference, which STM32 wires to HCLK/8.
#include "emulator/cpu/cpu.h"

namespace tinyrig::emulator {
namespace {

constexpr uint32_t kEnable = 1;
constexpr uint32_t kTickInt = 2;
constexpr uint32_t kCoreClock = 4;
constexpr uint32_t kCountFlag = 1u << 16;
// 10 ms are not known in cycles here: SKEW set, TENMS zero ("not known").
constexpr uint32_t kCalib = 0x40000000;

uint64_t Divider(const Cpu& cpu) {
  return (cpu.systick_ctrl & kCoreClock) != 0 ? 1 : 8;
}

uint64_t Ticks(const Cpu& cpu) {
  return (cpu.cycles - cpu.systick_start) / Divider(cpu);
}

bool Running(const Cpu& cpu) {
  return (cpu.systick_ctrl & kEnable) != 0 && cpu.systick_load != 0;
}

uint32_t Value(const Cpu& cpu) {
  if (!Running(cpu)) {
    return cpu.systick_held;
  }
  const uint64_t period = uint64_t{cpu.systick_load} + 1;
  const uint64_t position = Ticks(cpu) % period;  // 0: VAL shows zero
  return position == 0 ? 0 : static_cast<uint32_t>(period - position);
}

// Times that VAL has counted from 1 to 0.
uint64_t Wraps(const Cpu& cpu) {
  return Running(cpu) ? Ticks(cpu) / (uint64_t{cpu.systick_load} + 1)
                      : cpu.systick_seen;
}

void Schedule(Cpu* cpu) {
  if (cpu->systick_event != 0) {
    cpu->Cancel(cpu->systick_event);
    cpu->systick_event = 0;
  }
  if (!Running(*cpu) || (cpu->systick_ctrl & kTickInt) == 0) {
    return;
  }
  const uint64_t period = uint64_t{cpu->systick_load} + 1;
  const uint64_t at =
      cpu->systick_start + (Wraps(*cpu) + 1) * period * Divider(*cpu);
  cpu->systick_event = cpu->At(at, [cpu] {
    cpu->systick_event = 0;
    cpu->nvic.SetPending(kSysTick, true);
    cpu->Recheck();
    Schedule(cpu);
  });
}

// Continues from `value`, now. Zero reloads at the next tick.
void StartAt(Cpu* cpu, uint32_t value) {
  const uint64_t period = uint64_t{cpu->systick_load} + 1;
  const uint64_t position = value == 0 ? 0 : period - value;
  const uint64_t past = (position % period) * Divider(*cpu);
  // Before cycle `past` since power-on the subtraction wraps, as does Ticks().
  cpu->systick_start = cpu->cycles - past;
  cpu->systick_seen = 0;
}

}  // namespace

uint32_t Cpu::ReadSysTick(uint32_t offset) {
  switch (offset) {
    case 0x10: {
      const uint64_t wraps = Wraps(*this);
      const bool flag = wraps != systick_seen;
      systick_seen = wraps;
      return systick_ctrl | (flag ? kCountFlag : 0);
    }
    case 0x14:
      return systick_load;
    case 0x18:
      return Value(*this);
    default:
      return kCalib;
  }
}

void Cpu::WriteSysTick(uint32_t offset, uint32_t value) {
  const uint32_t now = Value(*this);
  switch (offset) {
    case 0x10:
      systick_ctrl = value & (kEnable | kTickInt | kCoreClock);
      systick_held = now;
      if (Running(*this)) {
        StartAt(this, now);
      }
      break;
    case 0x14:
      systick_load = value & 0xFFFFFF;
      systick_held = now;
      if (Running(*this)) {
        StartAt(this, now <= systick_load ? now : 0);
      }
      break;
    case 0x18:  // any write clears VAL and COUNTFLAG
      systick_held = 0;
      StartAt(this, 0);
      break;
    default:
      return;
  }
  Schedule(this);
}

}  // namespace tinyrig::emulator
