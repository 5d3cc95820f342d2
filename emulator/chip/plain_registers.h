// Registers that only remember what was written (SYSCFG), registers with one
// value (DBGMCU_IDCODE), and blocks that are not emulated.
#pragma once

#include <map>
#include <utility>

#include "base/log.h"
#include "emulator/chip/registers.h"

namespace tinyrig::emulator {

class PlainRegisters : public RegisterDevice {
 public:
  using Values = std::map<uint32_t, uint32_t>;  // offset -> value
  /// \param reset_values  registers that are not 0 after reset
  /// \param fixed_values  registers that cannot be written
  explicit PlainRegisters(Values reset_values = {}, Values fixed_values = {})
      : reset_(std::move(reset_values)), fixed_(std::move(fixed_values)) {
    values_ = reset_;
  }
  void Reset() override { values_ = reset_; }

 protected:
  uint32_t ReadWord(uint32_t offset) override {
    if (const auto fixed = fixed_.find(offset); fixed != fixed_.end()) {
      return fixed->second;
    }
    const auto value = values_.find(offset);
    return value == values_.end() ? 0 : value->second;
  }
  void WriteWord(uint32_t offset, uint32_t value, uint32_t mask) override {
    Merge(&values_[offset], value, mask);
  }

 private:
  Values reset_, fixed_, values_;
};

/// Reads as zero, takes writes; says so at debug level.
class Unmodelled : public RegisterDevice {
 public:
  explicit Unmodelled(std::string name) : name_(std::move(name)) {}
  void Reset() override {}

 protected:
  uint32_t ReadWord(uint32_t offset) override {
    LOG_DEBUG("bus", "read of {}+{:#x}: not emulated, 0", name_, offset);
    return 0;
  }
  void WriteWord(uint32_t offset, uint32_t value, uint32_t) override {
    LOG_DEBUG("bus", "write of {:#010x} to {}+{:#x}: not emulated", value,
              name_, offset);
  }

 private:
  std::string name_;
};

}  // namespace tinyrig::emulator
