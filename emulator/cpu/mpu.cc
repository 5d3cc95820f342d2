// The MPU at work. It costs nothing where it forbids nothing: a page in which
// some access is denied leaves the fast maps, and the slow way asks. Code is
// asked for when it is decoded, and decoded again after a change.
//
// NOT emulated: LDRT and STRT count as the privilege of the code around them;
// code that was decoded while privileged, or in HardFault, stays executable
// until the next change; memory attributes (TEX, C, B, S) do nothing.
#include "emulator/cpu/mpu.h"

#include <algorithm>

#include "emulator/cpu/cpu.h"

namespace tinyrig::emulator {
namespace {

constexpr uint32_t kPrivilegedDefault = 4;
constexpr uint32_t kExecuteNever = 1u << 28;
constexpr unsigned kLeastSizeLog2 = 5;
constexpr unsigned kLeastSubregionLog2 = 8;

struct Region {
  uint64_t base = 0;
  unsigned size_log2 = 0;  // 0: off
};

Region RegionOf(uint32_t rbar, uint32_t rasr) {
  const unsigned size_log2 = (rasr >> 1 & 31) + 1;
  if ((rasr & 1) == 0 || size_log2 < kLeastSizeLog2) {
    return {};
  }
  return {rbar & ~((uint64_t{1} << size_log2) - 1), size_log2};
}

MpuRights RightsOf(uint32_t rasr, bool privileged) {
  MpuRights rights;
  switch (rasr >> 24 & 7) {  // AP
    case 1:
      rights = {privileged, privileged, privileged};
      break;
    case 2:
      rights = {true, privileged, true};
      break;
    case 3:
      rights = {true, true, true};
      break;
    case 5:
      rights = {privileged, false, privileged};
      break;
    case 6:
    case 7:
      rights = {true, false, true};
      break;
    default:
      break;
  }
  rights.execute = rights.execute && (rasr & kExecuteNever) == 0;
  return rights;
}

}  // namespace

MpuRights Mpu::RightsAt(uint32_t address, bool privileged) const {
  if (address >> 20 == 0xE00) {
    return {true, true, false};
  }
  for (unsigned i = region_count; i-- > 0;) {
    const Region region = RegionOf(rbar[i], rasr[i]);
    const uint64_t offset = uint64_t{address} - region.base;
    if (region.size_log2 == 0 || offset >> region.size_log2 != 0) {
      continue;
    }
    const bool divided = region.size_log2 >= kLeastSubregionLog2;
    const auto part = static_cast<unsigned>(offset >> (region.size_log2 - 3));
    if (divided && (rasr[i] >> (8 + part) & 1) != 0) {
      continue;
    }
    return RightsOf(rasr[i], privileged);
  }
  const bool open = privileged && (ctrl & kPrivilegedDefault) != 0;
  return {open, open, open};
}

uint32_t Mpu::BlockBytes(uint32_t page_base) const {
  unsigned log2 = kPageBits;
  for (unsigned i = 0; i < region_count; ++i) {
    const Region region = RegionOf(rbar[i], rasr[i]);
    if (region.size_log2 == 0 ||
        page_base + uint64_t{kPageBytes} <= region.base ||
        page_base >= region.base + (uint64_t{1} << region.size_log2)) {
      continue;
    }
    const bool divided = region.size_log2 >= kLeastSubregionLog2;
    log2 = std::min(log2, region.size_log2 - (divided ? 3 : 0));
  }
  return 1u << log2;
}

bool Cpu::MpuApplies() const {
  return mpu.Enabled() && (mpu.AlwaysOn() || ExecutionPriority() >= 0);
}

bool Cpu::MpuDenies(uint32_t address, bool store) const {
  if (!MpuApplies()) {
    return false;
  }
  const MpuRights rights = mpu.RightsAt(address, Privileged());
  return store ? !rights.write : !rights.read;
}

bool Cpu::MpuDeniesFetch(uint32_t address) const {
  return MpuApplies() && !mpu.RightsAt(address, Privileged()).execute;
}

MpuRights Cpu::MpuPageRights(uint32_t page_base) const {
  MpuRights all = {true, true, true};
  const uint32_t step = mpu.BlockBytes(page_base);
  for (uint32_t at = 0; at < kPageBytes; at += step) {
    for (const bool privileged : {true, false}) {
      if (!privileged && !mpu_user_seen_) {
        continue;  // nothing ever ran without privilege
      }
      const MpuRights here = mpu.RightsAt(page_base + at, privileged);
      all = {all.read && here.read, all.write && here.write,
             all.execute && here.execute};
    }
  }
  return all;
}

void Cpu::MpuHidePage(uint32_t page) {
  const MpuRights rights = MpuPageRights(page << kPageBits);
  if (rights.read && rights.write) {
    return;
  }
  mpu_hidden_[page] = {read_map[page], write_map[page]};
  read_map[page] = rights.read ? read_map[page] : nullptr;
  write_map[page] = rights.write ? write_map[page] : nullptr;
}

void Cpu::MpuChanged() {
  for (const auto& [page, hidden] : mpu_hidden_) {
    read_map[page] = hidden.read;
    write_map[page] = hidden.write;
  }
  mpu_hidden_.clear();
  if (!mpu.Enabled()) {
    return;
  }
  for (const Memory& memory : map_.memories) {
    const uint64_t end = uint64_t{memory.base} + memory.size_bytes;
    for (uint64_t at = memory.base & ~(kPageBytes - 1); at < end;
         at += kPageBytes) {
      const auto page = static_cast<uint32_t>(at >> kPageBits);
      if (read_map[page] != nullptr && mpu_hidden_.count(page) == 0) {
        MpuHidePage(page);
      }
    }
  }
  for (const auto& page : code_pages_) {
    if (!MpuPageRights(page->base).execute) {
      ForgetCode(page.get());
    }
  }
}

void Cpu::MpuSeesPrivilege() {
  if ((control & 1) != 0 && !mpu_user_seen_) {
    mpu_user_seen_ = true;
    MpuChanged();
  }
}

}  // namespace tinyrig::emulator
