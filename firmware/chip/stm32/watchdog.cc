// IWDG on the LSI: 32 kHz nominal, 17..47 kHz by the data sheets, so the real
// time-out lies between 0.7 and 1.9 times board::kWatchdogMs.
#include "firmware/chip/chip.h"
#include "firmware/chip/stm32/registers.h"
#include "firmware/hal.h"

namespace tinyrig {
namespace {

using stm32::Reg;

constexpr uint32_t kKr = stm32::kIwdg + 0x00;
constexpr uint32_t kPr = stm32::kIwdg + 0x04;
constexpr uint32_t kRlr = stm32::kIwdg + 0x08;
constexpr uint32_t kSr = stm32::kIwdg + 0x0C;
constexpr uint32_t kLsiHz = 32'000;
constexpr uint32_t kMostTicks = 4096;

/// Prescaler is 4 << code; the least that reaches the time.
constexpr uint32_t PrescalerCode() {
  uint32_t code = 0;
  while (code < 6 && uint64_t{board::kWatchdogMs} * kLsiHz / 1000 >
                         uint64_t{kMostTicks} * (4u << code)) {
    ++code;
  }
  return code;
}
constexpr uint32_t kTicks =
    board::kWatchdogMs * (kLsiHz / 1000) / (4u << PrescalerCode());
static_assert(kTicks >= 1 && kTicks <= kMostTicks);

}  // namespace

void chip::StartWatchdog() {
  Reg(kKr) = 0xCCCC;
  Reg(kKr) = 0x5555;
  Reg(kPr) = PrescalerCode();
  Reg(kRlr) = kTicks - 1;
  stm32::WaitFor(kSr, 3, 0);  // PVU, RVU: five LSI clocks
  Reg(kKr) = 0xAAAA;
}

void hal::FeedWatchdog() {
  Reg(kKr) = 0xAAAA;
}

}  // namespace tinyrig
