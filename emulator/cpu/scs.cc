// The private peripheral bus: system control block, NVIC registers, MPU, FPU
// and cache registers. What the MPU does with its registers: mpu.cc.
// References: ARMv7-M Architecture Reference Manual (DDI 0403), B3;
// Cortex-M7 TRM (DDI 0489) for cache and TCM registers.
#include <algorithm>

#include "emulator/cpu/cpu.h"
#include "emulator/cpu/scs_nvic.h"

namespace tinyrig::emulator {
namespace {

constexpr uint32_t kAircrKey = 0x05FA;
constexpr uint32_t kCcrCaches = 7u << 16;
constexpr uint32_t kFpccrReset = 0xC0000000;  // ASPEN, LSPEN
constexpr uint32_t kCpacrFp = 0xFu << 20;

// LineSize code 1 = 32 bytes; see CCSIDR.
uint32_t CacheGeometry(uint32_t size_bytes, uint32_t ways) {
  if (size_bytes == 0) {
    return 0;
  }
  const uint32_t sets = size_bytes / 32 / ways;
  return 0xFu << 28 | (sets - 1) << 13 | (ways - 1) << 3 | 1;
}

}  // namespace

void Cpu::ResetScs() {
  vtor = scr = cfsr = hfsr = mmfar = bfar = cpacr = csselr = 0;
  ccr = 1u << 9;                 // STKALIGN
  ccr |= IsM7() ? 1u << 18 : 0;  // BP reads as one
  fpccr = kFpccrReset;
  fpcar = fpdscr = actlr = 0;
  fp_enabled = false;
  tcm_registers = {0, 0, 0, 0};
  mpu = {};
  mpu.region_count = std::min(options.mpu_region_count, Mpu::kMostRegions);
  mpu_user_seen_ = false;
  MpuChanged();
  demcr = 0;
  dwt_ctrl = 0;
  dwt_unlocked = !IsM7();
  cyccnt_held = 0;
  cyccnt_base = cycles;
  systick_ctrl = systick_load = systick_held = 0;
  if (systick_event != 0) {
    Cancel(systick_event);
    systick_event = 0;
  }
}

bool Cpu::ReadPpb(uint32_t address, unsigned size, uint32_t* value) {
  const uint32_t offset = address & 0xFFFFF;
  uint32_t word = 0;
  bool ok = true;
  if (offset >= 0xE000 && offset < 0xF000) {
    ok = ReadScs((offset - 0xE000) & ~3u, &word);
  } else if (offset >= 0x1000 && offset < 0x2000) {
    ok = ReadDwt((offset - 0x1000) & ~3u, &word);
  } else if (offset == 0x43000) {  // VIRT_INSTRUCTIONS
    word = static_cast<uint32_t>(instructions);
    instructions_high = static_cast<uint32_t>(instructions >> 32);
  } else if (offset == 0x43004) {
    word = instructions_high;
  }
  word >>= 8 * (address & 3);
  *value = size == 4 ? word : word & ((1u << (8 * size)) - 1);
  return ok;
}

bool Cpu::WritePpb(uint32_t address, unsigned size, uint32_t value) {
  const uint32_t offset = address & 0xFFFFF;
  if (offset >= 0xE000 && offset < 0xF000) {
    uint32_t at = offset - 0xE000;
    if (size != 4) {
      // Byte and halfword writes exist for the priority and fault registers.
      const bool pending_bits = at >= 0x100 && at < 0x400;
      uint32_t old = 0;
      if (!pending_bits && (at & ~3u) != 0xD28) {
        ReadScs(at & ~3u, &old);
      }
      const unsigned shift = 8 * (at & 3);
      const uint32_t mask = ((1u << (8 * size)) - 1) << shift;
      value = (old & ~mask) | value << shift;
      at &= ~3u;
    }
    return WriteScs(at, value);
  }
  if (offset >= 0x1000 && offset < 0x2000) {
    return WriteDwt((offset - 0x1000) & ~3u, value);
  }
  return true;  // other debug blocks: present, and do nothing
}

bool Cpu::ReadScs(uint32_t offset, uint32_t* value) {
  *value = 0;
  if (IsNvic(offset) || (offset >= 0x400 && offset < 0x500)) {
    *value = ReadNvic(nvic, offset);
    return true;
  }
  if (offset >= 0x10 && offset < 0x20) {
    *value = ReadSysTick(offset);
    return true;
  }
  const auto region = std::min<size_t>(mpu.rnr, mpu.rbar.size() - 1);
  const uint32_t unified = options.icache_bytes != 0 ? 0x09000003u : 0;
  switch (offset) {
    case 0x004:
      *value = (options.irq_count - 1) / 32;
      break;
    case 0x008:
      *value = actlr;
      break;
    case 0xD00:
      *value = options.cpuid;
      break;
    case 0xD04:
      *value = InterruptControl(*this);
      break;
    case 0xD08:
      *value = vtor;
      break;
    case 0xD0C:
      *value = 0xFA050000u | nvic.PriorityGroup() << 8;
      break;
    case 0xD10:
      *value = scr;
      break;
    case 0xD14:
      *value = ccr;
      break;
    case 0xD18:
    case 0xD1C:
    case 0xD20:
      *value = PriorityWord(nvic, offset - 0xD18 + 4);
      break;
    case 0xD24:
      *value = SystemHandlerState(nvic);
      break;
    case 0xD28:
      *value = cfsr;
      break;
    case 0xD2C:
      *value = hfsr;
      break;
    case 0xD34:
      *value = mmfar;
      break;
    case 0xD38:
      *value = bfar;
      break;
    case 0xD78:
      *value = unified;
      break;
    case 0xD7C:
      *value = IsM7() ? 0x8303C003u : 0x8000C000u;
      break;
    case 0xD80:
      *value = (csselr & 1) != 0 ? CacheGeometry(options.icache_bytes, 2)
                                 : CacheGeometry(options.dcache_bytes, 4);
      break;
    case 0xD84:
      *value = csselr;
      break;
    case 0xD88:
      *value = cpacr;
      break;
    case 0xD90:
      *value = options.mpu_region_count << 8;
      break;
    case 0xD94:
      *value = mpu.ctrl;
      break;
    case 0xD98:
      *value = mpu.rnr;
      break;
    case 0xD9C:
    case 0xDA4:
    case 0xDAC:
    case 0xDB4:
      *value = mpu.rbar[region] | static_cast<uint32_t>(region);
      break;
    case 0xDA0:
    case 0xDA8:
    case 0xDB0:
    case 0xDB8:
      *value = mpu.rasr[region];
      break;
    case 0xDFC:
      *value = demcr;
      break;
    case 0xF34:
      *value = fpccr;
      break;
    case 0xF38:
      *value = fpcar;
      break;
    case 0xF3C:
      *value = fpdscr;
      break;
    case 0xF40:
      *value = HasDouble() ? 0x10110221u : 0x10110021u;
      break;
    case 0xF44:
      *value = HasDouble() ? 0x12000011u : 0x11000011u;
      break;
    case 0xF48:
      *value = IsM7() ? 0x40u : 0u;
      break;
    case 0xF90:
    case 0xF94:
    case 0xF98:
    case 0xF9C:
      *value = tcm_registers[(offset - 0xF90) / 4];
      break;
    default:
      break;  // reads as zero
  }
  return true;
}

bool Cpu::WriteScs(uint32_t offset, uint32_t value) {
  if (IsNvic(offset)) {
    WriteNvic(this, offset, value);
    return true;
  }
  if (offset >= 0x10 && offset < 0x20) {
    WriteSysTick(offset, value);
    return true;
  }
  const auto region = std::min<size_t>(mpu.rnr, mpu.rbar.size() - 1);
  switch (offset) {
    case 0x008:
      actlr = value;
      break;
    case 0xD04:
      SetInterruptControl(this, value);
      break;
    case 0xD08:
      vtor = value & 0xFFFFFF80u;
      break;
    case 0xD0C:
      if (value >> 16 != kAircrKey) {
        break;
      }
      nvic.SetPriorityGroup(value >> 8 & 7);
      if ((value & 4) != 0 && listener != nullptr) {
        listener->SystemResetRequested(false);
      }
      Recheck();
      break;
    case 0xD10:
      scr = value & 0x16;
      break;
    case 0xD14:
      ccr = (value & 0x31B) | (IsM7() ? value & kCcrCaches : 0);
      break;
    case 0xD18:
    case 0xD1C:
    case 0xD20:
      SetPriorityWord(&nvic, offset - 0xD18 + 4, value);
      Recheck();
      break;
    case 0xD24:
      SetSystemHandlerState(&nvic, value);
      Recheck();
      break;
    case 0xD28:
      cfsr &= ~value;
      break;
    case 0xD2C:
      hfsr &= ~value;
      break;
    case 0xD34:
      mmfar = value;
      break;
    case 0xD38:
      bfar = value;
      break;
    case 0xD84:
      csselr = value & 1;
      break;
    case 0xD88:
      cpacr = value & kCpacrFp;
      fp_enabled = (cpacr & 5u << 20) != 0;
      break;
    case 0xD94:
      mpu.ctrl = mpu.region_count == 0 ? 0 : value & 7;
      MpuChanged();
      break;
    case 0xD98:
      mpu.rnr = value & 0xFF;
      break;
    case 0xD9C:
    case 0xDA4:
    case 0xDAC:
    case 0xDB4:
      if ((value & 0x10) != 0) {
        mpu.rnr = value & 0xF;
        mpu.rbar[value & 0xF] = value & ~0x1Fu;
      } else {
        mpu.rbar[region] = value & ~0x1Fu;
      }
      MpuChanged();
      break;
    case 0xDA0:
    case 0xDA8:
    case 0xDB0:
    case 0xDB8:
      mpu.rasr[region] = value;
      MpuChanged();
      break;
    case 0xDFC:
      demcr = value & 0x010F07F1;
      break;
    case 0xF00:  // STIR
      nvic.SetPending((value & 0x1FF) + kFirstIrq, true);
      Recheck();
      break;
    case 0xF34:
      fpccr = value & 0xC0000000u;
      break;
    case 0xF38:
      fpcar = value & ~7u;
      break;
    case 0xF3C:
      fpdscr = value & 0x07C00000;
      break;
    case 0xF90:
    case 0xF94:
    case 0xF98:
    case 0xF9C:
      tcm_registers[(offset - 0xF90) / 4] = value;
      break;
    default:
      break;  // cache maintenance and the unknown: ignored
  }
  return true;
}

}  // namespace tinyrig::emulator
