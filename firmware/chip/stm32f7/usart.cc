// USART with ISR, ICR, RDR and TDR. Reference: RM0385 rev 8, section 31.
#include "firmware/chip/stm32/usart.h"

#include "firmware/chip/stm32/registers.h"

namespace tinyrig::stm32 {
namespace {

constexpr uint32_t kCr1 = 0x00;
constexpr uint32_t kBrr = 0x0C;
constexpr uint32_t kIsr = 0x1C;
constexpr uint32_t kIcr = 0x20;
constexpr uint32_t kRdr = 0x24;
constexpr uint32_t kTdr = 0x28;
constexpr uint32_t kErrors = 0xF;  // PE FE NE ORE, in ISR and ICR
constexpr uint32_t kRxne = 1u << 5;
constexpr uint32_t kTc = 1u << 6;
constexpr uint32_t kTxe = 1u << 7;
constexpr uint32_t kUe = 1u << 0;
constexpr uint32_t kRe = 1u << 2;
constexpr uint32_t kTe = 1u << 3;
constexpr uint32_t kRxneie = 1u << 5;
constexpr uint32_t kTxeie = 1u << 7;

}  // namespace

void StartUsart(uint32_t base, uint32_t brr) {
  Reg(base + kBrr) = brr;
  Reg(base + kCr1) = kTe | kRe | kRxneie;
  Reg(base + kCr1) = kTe | kRe | kRxneie | kUe;
}

bool TakeUsartByte(uint32_t base, uint8_t* byte) {
  const uint32_t status = Reg(base + kIsr);
  if ((status & kErrors) != 0) {
    Reg(base + kIcr) = kErrors;
  }
  if ((status & kRxne) == 0) {
    return false;
  }
  *byte = static_cast<uint8_t>(Reg(base + kRdr));
  return true;
}

bool UsartHasRoom(uint32_t base) {
  return (Reg(base + kIsr) & kTxe) != 0;
}

void PutUsartByte(uint32_t base, uint8_t byte) {
  Reg(base + kTdr) = byte;
}

void InterruptOnRoom(uint32_t base, bool on) {
  const uint32_t control = Reg(base + kCr1);
  Reg(base + kCr1) = on ? control | kTxeie : control & ~kTxeie;
  // Done before the interrupt handler returns, or it would come once more.
  [[maybe_unused]] const uint32_t done = Reg(base + kCr1);
}

bool UsartIsDone(uint32_t base) {
  return (Reg(base + kIsr) & kTc) != 0;
}

}  // namespace tinyrig::stm32
