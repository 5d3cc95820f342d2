#include "emulator/chip/gpio.h"

namespace tinyrig::emulator {
namespace {

constexpr uint32_t kModer = 0;
constexpr uint32_t kOspeedr = 2;
constexpr uint32_t kPupdr = 3;
constexpr uint32_t kIdr = 4;
constexpr uint32_t kOdr = 5;
constexpr uint32_t kBsrr = 6;
constexpr uint32_t kAfrl = 8;

constexpr uint32_t kModeOutput = 1;
constexpr uint32_t kModeAlternate = 2;
constexpr uint32_t kModeAnalog = 3;

}  // namespace

void Gpio::Reset() {
  registers_.fill(0);
  if (letter_ == 'A') {  // PA13, PA14, PA15: SWD and JTAG
    registers_[kModer] = 0xA8000000;
    registers_[kOspeedr] = 0x0C000000;
    registers_[kPupdr] = 0x64000000;
  } else if (letter_ == 'B') {  // PB3, PB4: JTDO, NJTRST
    registers_[kModer] = 0x00000280;
    registers_[kOspeedr] = 0x000000C0;
    registers_[kPupdr] = 0x00000100;
  }
}

bool Gpio::Level(unsigned pin) const {
  switch (Mode(pin)) {
    case kModeOutput:
      return (registers_[kOdr] >> pin & 1) != 0;
    case kModeAnalog:
      return false;
    default:
      break;
  }
  const bool pulled_up = ((registers_[kPupdr] >> (2 * pin)) & 3) == 1;
  return external_[pin].value_or(pulled_up);
}

std::optional<int> Gpio::AlternateFunction(unsigned pin) const {
  if (Mode(pin) != kModeAlternate) {
    return std::nullopt;
  }
  const uint32_t afr = registers_[kAfrl + pin / 8];
  return static_cast<int>((afr >> (4 * (pin % 8))) & 0xF);
}

uint32_t Gpio::ReadWord(uint32_t offset) {
  const uint32_t index = offset / 4;
  if (index >= registers_.size() || index == kBsrr) {
    return 0;
  }
  if (index != kIdr) {
    return registers_[index];
  }
  uint32_t value = 0;
  for (unsigned pin = 0; pin < 16; ++pin) {
    value |= (Level(pin) ? 1u : 0u) << pin;
  }
  return value;
}

void Gpio::WriteWord(uint32_t offset, uint32_t value, uint32_t mask) {
  const uint32_t index = offset / 4;
  if (index >= registers_.size() || index == kIdr) {
    return;
  }
  if (index == kBsrr) {  // set wins over reset
    registers_[kOdr] &= ~(value >> 16);
    registers_[kOdr] |= value & 0xFFFF;
    return;
  }
  Merge(&registers_[index], value, mask);
}

}  // namespace tinyrig::emulator
