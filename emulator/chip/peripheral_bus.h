// The peripheral address space as one device: which block answers at which
// 1 KiB, behind its clock gate.
//
// As on the chips: a block without its clock reads 0 and ignores writes; a hole
// on an APB bus (0x40000000-0x4001FFFF) reads 0, since the bridge answers; a
// hole on an AHB bus is a bus fault.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "emulator/chip/rcc.h"

namespace tinyrig::emulator {

class PeripheralBus : public Device {
 public:
  /// \param base,size_bytes  the window, multiples of 1 KiB
  /// \param holes_read_zero_below  address up to which holes do not fault
  PeripheralBus(uint32_t base, uint32_t size_bytes,
                uint32_t holes_read_zero_below, const Rcc& rcc);

  /// `device` answers at [address, address + size_bytes), 1 KiB steps.
  void Attach(std::string name, uint32_t address, uint32_t size_bytes,
              Device* device, ClockGate gate);

  bool Read(uint32_t offset_bytes, unsigned size_bytes,
            uint32_t* value) override;
  bool Write(uint32_t offset_bytes, unsigned size_bytes,
             uint32_t value) override;
  /// Resets every block.
  void Reset() override;
  /// Resets the blocks that hang on these bits of an enable register.
  void ResetGated(uint32_t enable_offset, uint32_t bits);

 private:
  struct Block {
    std::string name;
    uint32_t base = 0;
    Device* device = nullptr;
    ClockGate gate;
  };
  [[nodiscard]] const Block* Find(uint32_t offset) const {
    const uint8_t index = slots_[offset >> 10];
    return index == 0 ? nullptr : &blocks_[index];
  }

  uint32_t base_;
  uint32_t holes_read_zero_below_;
  const Rcc& rcc_;
  std::vector<uint8_t> slots_;  // 1 KiB each: index into blocks_, 0 none
  std::vector<Block> blocks_;
};

}  // namespace tinyrig::emulator
