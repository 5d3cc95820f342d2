// One GPIO port: mode, output, input and alternate function of 16 pins.
// NOT emulated: analog levels, speeds, lock sequence, two drivers on one pin.
// Source: RM0402 chapter 7, RM0385 chapter 6.
#pragma once

#include <array>
#include <optional>

#include "emulator/chip/registers.h"

namespace tinyrig::emulator {

class Gpio : public RegisterDevice {
 public:
  /// \param letter  'A' to 'K'; ports A and B have debug pins set at reset
  explicit Gpio(char letter) : letter_(letter) { Gpio::Reset(); }
  void Reset() override;

  /// What drives the pin from outside; nothing: its pull resistor decides.
  void DrivePin(unsigned pin, std::optional<bool> level) {
    external_[pin] = level;
  }
  /// Level at the pin, whoever drives it.
  [[nodiscard]] bool Level(unsigned pin) const;
  /// The alternate function in effect, or nothing in another mode.
  [[nodiscard]] std::optional<int> AlternateFunction(unsigned pin) const;

 protected:
  uint32_t ReadWord(uint32_t offset_bytes) override;
  void WriteWord(uint32_t offset_bytes, uint32_t value, uint32_t mask) override;

 private:
  [[nodiscard]] uint32_t Mode(unsigned pin) const {
    return (registers_[0] >> (2 * pin)) & 3;
  }

  char letter_;
  std::array<uint32_t, 10> registers_{};
  std::array<std::optional<bool>, 16> external_{};
};

}  // namespace tinyrig::emulator
