// The slow way to data: devices, the private peripheral bus, unaligned and
// bit-band accesses, stores to flash and to decoded code.
#include "emulator/cpu/memory.h"

#include "emulator/cpu/timing.h"

namespace tinyrig::emulator {
namespace {

constexpr uint32_t kPpbBase = 0xE0000000;
constexpr uint32_t kPpbEnd = 0xE0100000;
// The chip's own part of the PPB: DBGMCU. A device window answers there.
constexpr uint32_t kDbgmcuBase = 0xE0042000;
constexpr uint32_t kDbgmcuEnd = 0xE0042400;

bool InPpb(uint32_t address) {
  return address >= kPpbBase && address < kPpbEnd &&
         (address < kDbgmcuBase || address >= kDbgmcuEnd);
}

uint32_t LoadBytes(const uint8_t* from, unsigned size) {
  uint32_t value = 0;
  std::memcpy(&value, from, size);
  return value;
}

}  // namespace

const Memory* Cpu::FindMemory(uint32_t address) const {
  for (const Memory& memory : map_.memories) {
    if (address - memory.base < memory.size_bytes) {
      return &memory;
    }
  }
  return nullptr;
}

const DeviceWindow* Cpu::FindDevice(uint32_t address) {
  if (last_device_ != nullptr &&
      address - last_device_->base < last_device_->size_bytes) {
    return last_device_;
  }
  if (read_map[address >> kPageBits] != nullptr) {
    return nullptr;  // plain memory
  }
  for (const DeviceWindow& window : map_.devices) {
    if (address - window.base < window.size_bytes) {
      last_device_ = &window;
      return &window;
    }
  }
  return nullptr;
}

void Cpu::MapPages() {
  for (const Memory& memory : map_.memories) {
    const uint64_t end = uint64_t{memory.base} + memory.size_bytes;
    uint64_t page = (uint64_t{memory.base} + kPageBytes - 1) & ~0xFFFull;
    for (; page + kPageBytes <= end; page += kPageBytes) {
      uint8_t* host = memory.data + (page - memory.base);
      read_map[page >> kPageBits] = host;
      if (memory.writable) {
        write_map[page >> kPageBits] = host;
      }
    }
  }
}

bool Cpu::DataFault(FaultKind kind, uint32_t address) {
  pending_fault_ = kind;
  fault_address_ = address;
  return false;
}

bool Cpu::SplitLoad(uint32_t address, unsigned size, uint32_t* value) {
  *value = 0;
  for (unsigned i = 0; i < size; ++i) {
    uint32_t byte = 0;
    if (!Load<uint8_t>(*this, address + i, &byte)) {
      return false;
    }
    *value |= byte << (8 * i);
  }
  return true;
}

bool Cpu::SplitStore(uint32_t address, unsigned size, uint32_t value) {
  for (unsigned i = 0; i < size; ++i) {
    if (!Store<uint8_t>(*this, address + i, value >> (8 * i))) {
      return false;
    }
  }
  return true;
}

// Cortex-M4: 1 MiB of SRAM and of peripherals appear bit by bit, one word each.
bool Cpu::BitBand(uint32_t* address, unsigned* bit) const {
  const uint32_t top = *address >> 25;
  if (IsM7() || (top != (0x22000000u >> 25) && top != (0x42000000u >> 25))) {
    return false;
  }
  const uint32_t offset = *address & 0x01FFFFFF;
  *bit = (offset >> 2) & 7;
  *address = (*address & 0xF0000000) | (offset >> 5);
  return true;
}

bool Cpu::LoadSlow(uint32_t address, unsigned size, uint32_t* value) {
  *value = 0;
  if ((address & (size - 1)) != 0) {
    if ((scb.ccr & Scb::kCcrUnalignedTrap) != 0) {
      return DataFault(FaultKind::kUnaligned, address);
    }
    cycles += UnalignedExtraCycles(IsM7(), address, size);
    return SplitLoad(address, size, value);
  }
  if (mpu.Enabled() && MpuDenies(address, false)) {
    return DataFault(FaultKind::kDataAccess, address);
  }
  if (InPpb(address)) {
    *value = ReadPpb(address, size);
    return true;
  }
  if (const DeviceWindow* window = FindDevice(address)) {
    if (window->device->Read(address - window->base, size, value)) {
      return true;
    }
  } else if (const Memory* memory = FindMemory(address)) {
    if (address - memory->base + size <= memory->size_bytes) {
      *value = LoadBytes(memory->data + (address - memory->base), size);
      return true;
    }
  } else {
    uint32_t target = address;
    unsigned bit = 0;
    if (BitBand(&target, &bit) && Load<uint8_t>(*this, target, value)) {
      *value = (*value >> bit) & 1;
      return true;
    }
  }
  return DataFault(FaultKind::kPreciseBus, address);
}

bool Cpu::StoreSlow(uint32_t address, unsigned size, uint32_t value) {
  if ((address & (size - 1)) != 0) {
    if ((scb.ccr & Scb::kCcrUnalignedTrap) != 0) {
      return DataFault(FaultKind::kUnaligned, address);
    }
    cycles += UnalignedExtraCycles(IsM7(), address, size);
    return SplitStore(address, size, value);
  }
  if (mpu.Enabled() && MpuDenies(address, true)) {
    return DataFault(FaultKind::kDataAccess, address);
  }
  const uint32_t mask = size == 4 ? ~0u : (1u << (8 * size)) - 1;
  value &= mask;
  if (InPpb(address)) {
    WritePpb(address, size, value);
    return true;
  }
  if (const DeviceWindow* window = FindDevice(address)) {
    if (window->device->Write(address - window->base, size, value)) {
      return true;
    }
  } else if (const Memory* memory = FindMemory(address)) {
    const uint32_t offset = address - memory->base;
    if (offset + size <= memory->size_bytes && memory->writable) {
      std::memcpy(memory->data + offset, &value, size);
      CodeWritten(memory->data + offset, size);
      return true;
    }
    if (memory->store_device != nullptr &&
        memory->store_device->Write(offset, size, value)) {
      return true;
    }
  } else {
    uint32_t target = address;
    unsigned bit = 0;
    uint32_t old = 0;
    if (BitBand(&target, &bit) && Load<uint8_t>(*this, target, &old)) {
      const uint32_t set = (old & ~(1u << bit)) | ((value & 1) << bit);
      if (Store<uint8_t>(*this, target, set)) {
        return true;
      }
    }
  }
  return DataFault(FaultKind::kPreciseBus, address);
}

bool Cpu::LoadAligned(uint32_t address, uint32_t* value) {
  if ((address & 3) != 0) {
    return DataFault(FaultKind::kUnaligned, address);
  }
  return Load<uint32_t>(*this, address, value);
}

bool Cpu::StoreAligned(uint32_t address, uint32_t value) {
  if ((address & 3) != 0) {
    return DataFault(FaultKind::kUnaligned, address);
  }
  return Store<uint32_t>(*this, address, value);
}

}  // namespace tinyrig::emulator
