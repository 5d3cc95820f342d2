// The private peripheral bus, 0xE0000000 to 0xE00FFFFF: which unit answers,
// and narrow accesses made of words.
#include <algorithm>

#include "emulator/cpu/cpu.h"

namespace tinyrig::emulator {
namespace {

// Offsets from 0xE0000000.
constexpr uint32_t kDwtBase = 0x1000;
constexpr uint32_t kScsBase = 0xE000;
constexpr uint32_t kUnitBytes = 0x1000;
// VIRT_INSTRUCTIONS, ours: executed instructions; a read of the low word
// keeps the high one for the next read (docs/VBOARD.md).
constexpr uint32_t kInstructionsLow = 0x43000;
constexpr uint32_t kInstructionsHigh = 0x43004;

bool InUnit(uint32_t offset, uint32_t base) {
  return offset - base < kUnitBytes;
}

uint32_t WidthMask(unsigned size) {
  return size == 4 ? ~0u : (1u << (8 * size)) - 1;
}

}  // namespace

void Cpu::ResetScs() {
  scs_table_.Reset(&scb);
  fp_enabled = false;
  mpu = {};
  mpu.region_count = std::min(options_.mpu_region_count, Mpu::kMostRegions);
  mpu_user_seen_ = false;
  MpuChanged();
  dwt.Reset();
  systick.Reset();
}

uint32_t Cpu::ReadPpb(uint32_t address, unsigned size) {
  const uint32_t offset = address & 0xFFFFF;
  const uint32_t aligned = offset & ~3u;
  uint32_t word = 0;
  if (InUnit(offset, kScsBase)) {
    word = ReadScs(aligned - kScsBase);
  } else if (InUnit(offset, kDwtBase)) {
    word = dwt.Read(aligned - kDwtBase);
  } else if (offset == kInstructionsLow) {
    word = static_cast<uint32_t>(instructions);
    instructions_high_ = static_cast<uint32_t>(instructions >> 32);
  } else if (offset == kInstructionsHigh) {
    word = instructions_high_;
  }
  return word >> (8 * (address & 3)) & WidthMask(size);
}

void Cpu::WritePpb(uint32_t address, unsigned size, uint32_t value) {
  const uint32_t offset = address & 0xFFFFF;
  const uint32_t aligned = offset & ~3u;
  if (InUnit(offset, kScsBase)) {
    const uint32_t at = aligned - kScsBase;
    if (size != 4) {
      // Bytes and halfwords exist for the priority and fault registers.
      const ScsRegister* row = scs_table_.Find(at);
      const uint32_t old = row == nullptr || row->ones_act ? 0 : ReadScs(at);
      const unsigned shift = 8 * (offset & 3);
      value = (old & ~(WidthMask(size) << shift)) | value << shift;
    }
    WriteScs(at, value);
  } else if (InUnit(offset, kDwtBase)) {
    dwt.Write(aligned - kDwtBase, value);
  }
  // Other debug blocks are present, and do nothing.
}

uint32_t Cpu::ReadScs(uint32_t offset_bytes) {
  const ScsRegister* row = scs_table_.Find(offset_bytes);
  if (row == nullptr) {
    return 0;
  }
  if (row->read != nullptr) {
    return row->read(*this, (offset_bytes - row->offset_bytes) / 4);
  }
  return row->stored != nullptr ? scb.*row->stored : row->reset;
}

void Cpu::WriteScs(uint32_t offset_bytes, uint32_t value) {
  const ScsRegister* row = scs_table_.Find(offset_bytes);
  if (row == nullptr) {
    return;
  }
  if (row->write != nullptr) {
    row->write(*this, (offset_bytes - row->offset_bytes) / 4,
               value & row->mask);
  } else if (row->stored != nullptr) {
    scb.*row->stored = value & row->mask;
  }
}

}  // namespace tinyrig::emulator
