#include "emulator/cpu/scs_nvic.h"

namespace tinyrig::emulator {

uint32_t SystemHandlerState(const Nvic& nvic) {
  uint32_t value = 0;
  const auto add = [&](unsigned bit, bool on) { value |= uint32_t{on} << bit; };
  add(0, nvic.Active(kMemManage));
  add(1, nvic.Active(kBusFault));
  add(3, nvic.Active(kUsageFault));
  add(7, nvic.Active(kSvCall));
  add(8, nvic.Active(kDebugMonitor));
  add(10, nvic.Active(kPendSv));
  add(11, nvic.Active(kSysTick));
  add(12, nvic.Pending(kUsageFault));
  add(13, nvic.Pending(kMemManage));
  add(14, nvic.Pending(kBusFault));
  add(15, nvic.Pending(kSvCall));
  add(16, nvic.Enabled(kMemManage));
  add(17, nvic.Enabled(kBusFault));
  add(18, nvic.Enabled(kUsageFault));
  return value;
}

void SetSystemHandlerState(Nvic* nvic, uint32_t value) {
  const auto bit = [&](unsigned n) { return (value >> n & 1) != 0; };
  nvic->SetActive(kMemManage, bit(0));
  nvic->SetActive(kBusFault, bit(1));
  nvic->SetActive(kUsageFault, bit(3));
  nvic->SetActive(kSvCall, bit(7));
  nvic->SetActive(kDebugMonitor, bit(8));
  nvic->SetActive(kPendSv, bit(10));
  nvic->SetActive(kSysTick, bit(11));
  nvic->SetPending(kUsageFault, bit(12));
  nvic->SetPending(kMemManage, bit(13));
  nvic->SetPending(kBusFault, bit(14));
  nvic->SetPending(kSvCall, bit(15));
  nvic->SetEnabled(kMemManage, bit(16));
  nvic->SetEnabled(kBusFault, bit(17));
  nvic->SetEnabled(kUsageFault, bit(18));
}

uint32_t InterruptControl(const Cpu& cpu) {
  const Nvic& nvic = cpu.nvic;
  uint32_t value = cpu.ipsr | nvic.HighestPending() << 12;
  value |= nvic.OnlyActive(cpu.ipsr) ? 1u << 11 : 0;  // RETTOBASE
  value |= nvic.AnyIrqPending() ? 1u << 22 : 0;
  value |= nvic.Pending(kSysTick) ? 1u << 26 : 0;
  value |= nvic.Pending(kPendSv) ? 1u << 28 : 0;
  value |= nvic.Pending(kNmi) ? 1u << 31 : 0;
  return value;
}

void SetInterruptControl(Cpu* cpu, uint32_t value) {
  Nvic& nvic = cpu->nvic;
  if ((value & 1u << 25) != 0) {
    nvic.SetPending(kSysTick, false);
  }
  if ((value & 1u << 26) != 0) {
    nvic.SetPending(kSysTick, true);
  }
  if ((value & 1u << 27) != 0) {
    nvic.SetPending(kPendSv, false);
  }
  if ((value & 1u << 28) != 0) {
    nvic.SetPending(kPendSv, true);
  }
  if ((value & 1u << 31) != 0) {
    nvic.SetPending(kNmi, true);
  }
  cpu->Recheck();
}

uint32_t PriorityWord(const Nvic& nvic, unsigned first) {
  uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) {
    value |= uint32_t{nvic.Priority(first + i)} << (8 * i);
  }
  return value;
}

void SetPriorityWord(Nvic* nvic, unsigned first, uint32_t value) {
  for (unsigned i = 0; i < 4; ++i) {
    nvic->SetPriority(first + i, static_cast<uint8_t>(value >> (8 * i)));
  }
}

bool IsNvic(uint32_t offset) {
  return offset >= 0x100 && offset < 0x500;
}

uint32_t ReadNvic(const Nvic& nvic, uint32_t offset) {
  const unsigned word = (offset & 0x7F) / 4;
  switch (offset & 0x780) {
    case 0x100:
    case 0x180:
      return nvic.EnabledWord(word);
    case 0x200:
    case 0x280:
      return nvic.PendingWord(word);
    case 0x300:
      return nvic.ActiveWord(word);
    default:
      break;
  }
  const uint32_t index = offset - 0x400;
  return offset >= 0x400 && index < 240 ? PriorityWord(nvic, kFirstIrq + index)
                                        : 0;
}

void WriteNvic(Cpu* cpu, uint32_t offset, uint32_t value) {
  Nvic& nvic = cpu->nvic;
  const uint32_t index = offset - 0x400;
  if (offset >= 0x400) {
    if (index < 240) {
      SetPriorityWord(&nvic, kFirstIrq + index, value);
    }
  } else if (const unsigned bank = (offset & 0x780) >> 7; bank < 6) {
    for (uint32_t bits = value; bits != 0; bits &= bits - 1) {
      const unsigned n = kFirstIrq + (offset & 0x7F) * 8 +
                         static_cast<unsigned>(__builtin_ctz(bits));
      if (bank < 4) {
        nvic.SetEnabled(n, bank == 2);
      } else {
        nvic.SetPending(n, bank == 4);
      }
    }
  }
  cpu->Recheck();
}

}  // namespace tinyrig::emulator
