#include "firmware/chip/stm32/gpio.h"

#include "firmware/chip/chip.h"
#include "firmware/chip/stm32/registers.h"
#include "firmware/hal.h"

namespace tinyrig {
namespace {

using stm32::Reg;

constexpr uint32_t kModer = 0x00;
constexpr uint32_t kOspeedr = 0x08;
constexpr uint32_t kPupdr = 0x0C;
constexpr uint32_t kBsrr = 0x18;
constexpr uint32_t kAfrl = 0x20;

/// The port's registers, clocked.
uint32_t Port(const board::Pin& pin) {
  stm32::SetBits(stm32::kRccAhb1enr, 1u << pin.port);
  return stm32::kGpioA + pin.port * stm32::kGpioStep;
}

void SetField(uint32_t address, uint32_t shift, uint32_t mask, uint32_t value) {
  Reg(address) = (Reg(address) & ~(mask << shift)) | (value << shift);
}

}  // namespace

void stm32::UseAlternate(const board::Pin& pin, uint32_t alternate_function) {
  const uint32_t port = Port(pin);
  SetField(port + kAfrl + pin.number / 8 * 4, pin.number % 8 * 4, 0xF,
           alternate_function);
  SetField(port + kPupdr, pin.number * 2, 3, 1);
  SetField(port + kOspeedr, pin.number * 2, 3, 2);
  SetField(port + kModer, pin.number * 2, 3, 2);
}

void chip::SetLed(const board::Pin& pin, bool on) {
  const uint32_t port = Port(pin);
  Reg(port + kBsrr) = on ? 1u << pin.number : 1u << (pin.number + 16);
  SetField(port + kModer, pin.number * 2, 3, 1);
}

void hal::SetBusyLed(bool on) {
  chip::SetLed(board::kLedBusy, on);
}

}  // namespace tinyrig
