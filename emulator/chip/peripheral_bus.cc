#include "emulator/chip/peripheral_bus.h"

#include <utility>

#include "base/check.h"
#include "base/log.h"

namespace tinyrig::emulator {

PeripheralBus::PeripheralBus(uint32_t base, uint32_t size_bytes,
                             uint32_t holes_read_zero_below, const Rcc& rcc)
    : base_(base),
      holes_read_zero_below_(holes_read_zero_below),
      rcc_(rcc),
      slots_(size_bytes >> 10),
      blocks_(1) {}

void PeripheralBus::Attach(std::string name, uint32_t address,
                           uint32_t size_bytes, Device* device,
                           ClockGate gate) {
  const uint32_t first = (address - base_) >> 10;
  const uint32_t end = first + (size_bytes >> 10);
  TINYRIG_CHECK(end <= slots_.size() && blocks_.size() < 255);
  for (uint32_t slot = first; slot < end; ++slot) {
    TINYRIG_CHECK(slots_[slot] == 0);
    slots_[slot] = static_cast<uint8_t>(blocks_.size());
  }
  blocks_.push_back({std::move(name), address - base_, device, gate});
}

bool PeripheralBus::Read(uint32_t offset, unsigned size, uint32_t* value) {
  *value = 0;
  const Block* block = Find(offset);
  if (block == nullptr) {
    LOG_DEBUG("bus", "read of {:#010x}: nothing there", base_ + offset);
    return base_ + offset < holes_read_zero_below_;
  }
  if (!rcc_.Enabled(block->gate)) {
    LOG_DEBUG("bus", "read of {}+{:#x}: not clocked, 0", block->name,
              offset - block->base);
    return true;
  }
  return block->device->Read(offset - block->base, size, value);
}

bool PeripheralBus::Write(uint32_t offset, unsigned size, uint32_t value) {
  const Block* block = Find(offset);
  if (block == nullptr) {
    LOG_DEBUG("bus", "write of {:#010x}: nothing there", base_ + offset);
    return base_ + offset < holes_read_zero_below_;
  }
  if (!rcc_.Enabled(block->gate)) {
    LOG_DEBUG("bus", "write of {}+{:#x}: not clocked, lost", block->name,
              offset - block->base);
    return true;
  }
  return block->device->Write(offset - block->base, size, value);
}

void PeripheralBus::Reset() {
  for (const Block& block : blocks_) {
    if (block.device != nullptr) {
      block.device->Reset();
    }
  }
}

void PeripheralBus::ResetGated(uint32_t enable_offset, uint32_t bits) {
  for (const Block& block : blocks_) {
    if (block.device != nullptr && block.gate.offset == enable_offset &&
        (bits >> block.gate.bit & 1) != 0) {
      block.device->Reset();
    }
  }
}

}  // namespace tinyrig::emulator
