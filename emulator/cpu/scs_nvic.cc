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

uint32_t InterruptControl(const Nvic& nvic, uint32_t ipsr) {
  uint32_t value = ipsr | nvic.HighestPending() << 12;
  value |= nvic.OnlyActive(ipsr) ? 1u << 11 : 0;  // RETTOBASE
  value |= nvic.AnyIrqPending() ? 1u << 22 : 0;
  value |= nvic.Pending(kSysTick) ? 1u << 26 : 0;
  value |= nvic.Pending(kPendSv) ? 1u << 28 : 0;
  value |= nvic.Pending(kNmi) ? 1u << 31 : 0;
  return value;
}

void SetInterruptControl(Nvic* nvic, uint32_t value) {
  if ((value & 1u << 25) != 0) {
    nvic->SetPending(kSysTick, false);
  }
  if ((value & 1u << 26) != 0) {
    nvic->SetPending(kSysTick, true);
  }
  if ((value & 1u << 27) != 0) {
    nvic->SetPending(kPendSv, false);
  }
  if ((value & 1u << 28) != 0) {
    nvic->SetPending(kPendSv, true);
  }
  if ((value & 1u << 31) != 0) {
    nvic->SetPending(kNmi, true);
  }
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

}  // namespace tinyrig::emulator
