// USART with SR and DR. Reference: RM0402 rev 6, section 30.
#include "firmware/chip/stm32/usart.h"

#include "firmware/chip/stm32/registers.h"

namespace tinyrig::stm32 {
namespace {

constexpr uint32_t kSr = 0x00;
constexpr uint32_t kDr = 0x04;
constexpr uint32_t kBrr = 0x08;
constexpr uint32_t kCr1 = 0x0C;
constexpr uint32_t kErrors = 0xF;  // PE FE NE ORE: cleared by SR then DR
constexpr uint32_t kRxne = 1u << 5;
constexpr uint32_t kTc = 1u << 6;
constexpr uint32_t kTxe = 1u << 7;
constexpr uint32_t kUe = 1u << 13;
constexpr uint32_t kTe = 1u << 3;
constexpr uint32_t kRe = 1u << 2;
constexpr uint32_t kRxneie = 1u << 5;
constexpr uint32_t kTxeie = 1u << 7;

}  // namespace

void StartUsart(uint32_t base, uint32_t brr) {
  Reg(base + kBrr) = brr;
  Reg(base + kCr1) = kUe | kTe | kRe | kRxneie;
}

bool TakeUsartByte(uint32_t base, uint8_t* byte) {
  const uint32_t status = Reg(base + kSr);
  if ((status & (kRxne | kErrors)) == 0) {
    return false;
  }
  *byte = static_cast<uint8_t>(Reg(base + kDr));
  // An overrun alone brings the interrupt too, but no byte.
  return (status & kRxne) != 0;
}

bool UsartHasRoom(uint32_t base) {
  return (Reg(base + kSr) & kTxe) != 0;
}

void PutUsartByte(uint32_t base, uint8_t byte) {
  Reg(base + kDr) = byte;
}

void InterruptOnRoom(uint32_t base, bool on) {
  const uint32_t control = Reg(base + kCr1);
  Reg(base + kCr1) = on ? control | kTxeie : control & ~kTxeie;
  // Done before the interrupt handler returns, or it would come once more.
  [[maybe_unused]] const uint32_t done = Reg(base + kCr1);
}

bool UsartIsDone(uint32_t base) {
  return (Reg(base + kSr) & kTc) != 0;
}

}  // namespace tinyrig::stm32
