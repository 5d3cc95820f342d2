#include "emulator/cpu/scs_registers.h"

#include <algorithm>

#include "emulator/cpu/cpu.h"
#include "emulator/cpu/scs_nvic.h"

namespace tinyrig::emulator {
namespace {

constexpr uint32_t kM4 = 1u << static_cast<unsigned>(CoreKind::kCortexM4F);
constexpr uint32_t kM7Sp = 1u << static_cast<unsigned>(CoreKind::kCortexM7Sp);
constexpr uint32_t kM7Dp = 1u << static_cast<unsigned>(CoreKind::kCortexM7Dp);
constexpr uint32_t kM7 = kM7Sp | kM7Dp;
constexpr uint32_t kAll = kM4 | kM7;

constexpr uint32_t kEvery = 0xFFFFFFFF;
constexpr uint32_t kAircrKey = 0x05FA;
constexpr uint32_t kAircrReads = 0xFA050000;
constexpr uint32_t kAircrResetRequest = 1u << 2;
constexpr uint32_t kRbarValid = 1u << 4;
// 10 ms are not known in cycles here: SKEW set, TENMS zero ("not known").
constexpr uint32_t kCalib = 0x40000000;

uint32_t ReadIctr(Cpu& cpu, uint32_t /*index*/) {
  return (cpu.options().irq_count - 1) / 32;
}

uint32_t ReadSystCsr(Cpu& cpu, uint32_t /*index*/) {
  return cpu.systick.ReadControl();
}
void WriteSystCsr(Cpu& cpu, uint32_t /*index*/, uint32_t value) {
  cpu.systick.WriteControl(value);
}
uint32_t ReadSystRvr(Cpu& cpu, uint32_t /*index*/) {
  return cpu.systick.reload();
}
void WriteSystRvr(Cpu& cpu, uint32_t /*index*/, uint32_t value) {
  cpu.systick.WriteReload(value);
}
uint32_t ReadSystCvr(Cpu& cpu, uint32_t /*index*/) {
  return cpu.systick.Current();
}
void WriteSystCvr(Cpu& cpu, uint32_t /*index*/, uint32_t /*value*/) {
  cpu.systick.ClearCurrent();
}

uint32_t ReadEnabled(Cpu& cpu, uint32_t index) {
  return cpu.nvic.EnabledWord(index);
}
uint32_t ReadPending(Cpu& cpu, uint32_t index) {
  return cpu.nvic.PendingWord(index);
}
uint32_t ReadActive(Cpu& cpu, uint32_t index) {
  return cpu.nvic.ActiveWord(index);
}

template <void (Nvic::*Set)(unsigned, bool), bool kOn>
void ForEachIrq(Cpu& cpu, uint32_t index, uint32_t value) {
  for (uint32_t bits = value; bits != 0; bits &= bits - 1) {
    const auto bit = static_cast<unsigned>(__builtin_ctz(bits));
    (cpu.nvic.*Set)(kFirstIrq + 32 * index + bit, kOn);
  }
  cpu.Recheck();
}

template <unsigned kFirst>
uint32_t ReadPriorities(Cpu& cpu, uint32_t index) {
  return PriorityWord(cpu.nvic, kFirst + 4 * index);
}
template <unsigned kFirst>
void WritePriorities(Cpu& cpu, uint32_t index, uint32_t value) {
  SetPriorityWord(&cpu.nvic, kFirst + 4 * index, value);
  cpu.Recheck();
}

uint32_t ReadCpuid(Cpu& cpu, uint32_t /*index*/) {
  return cpu.options().cpuid;
}
uint32_t ReadIcsr(Cpu& cpu, uint32_t /*index*/) {
  return InterruptControl(cpu.nvic, cpu.ipsr);
}
void WriteIcsr(Cpu& cpu, uint32_t /*index*/, uint32_t value) {
  SetInterruptControl(&cpu.nvic, value);
  cpu.Recheck();
}
uint32_t ReadAircr(Cpu& cpu, uint32_t /*index*/) {
  return kAircrReads | cpu.nvic.PriorityGroup() << 8;
}
void WriteAircr(Cpu& cpu, uint32_t /*index*/, uint32_t value) {
  if (value >> 16 != kAircrKey) {
    return;
  }
  cpu.nvic.SetPriorityGroup(value >> 8 & 7);
  if ((value & kAircrResetRequest) != 0) {
    cpu.RequestSystemReset();
  }
  cpu.Recheck();
}
uint32_t ReadShcsr(Cpu& cpu, uint32_t /*index*/) {
  return SystemHandlerState(cpu.nvic);
}
void WriteShcsr(Cpu& cpu, uint32_t /*index*/, uint32_t value) {
  SetSystemHandlerState(&cpu.nvic, value);
  cpu.Recheck();
}

template <uint32_t Scb::*kField>
void ClearOnes(Cpu& cpu, uint32_t /*index*/, uint32_t value) {
  cpu.scb.*kField &= ~value;
}

uint32_t ReadClidr(Cpu& cpu, uint32_t /*index*/) {
  return cpu.options().icache_bytes != 0 ? 0x09000003u : 0;
}
// LineSize code 1 = 32 bytes.
uint32_t CacheGeometry(uint32_t size_bytes, uint32_t ways) {
  if (size_bytes == 0) {
    return 0;
  }
  const uint32_t sets = size_bytes / 32 / ways;
  return 0xFu << 28 | (sets - 1) << 13 | (ways - 1) << 3 | 1;
}
uint32_t ReadCcsidr(Cpu& cpu, uint32_t /*index*/) {
  return (cpu.scb.csselr & 1) != 0
             ? CacheGeometry(cpu.options().icache_bytes, 2)
             : CacheGeometry(cpu.options().dcache_bytes, 4);
}
void WriteCpacr(Cpu& cpu, uint32_t /*index*/, uint32_t value) {
  cpu.scb.cpacr = value;
  cpu.fp_enabled = (value & 5u << 20) != 0;
}

// RNR may be set beyond what this MPU has.
uint32_t Region(const Mpu& mpu) {
  return std::min<uint32_t>(mpu.rnr, Mpu::kMostRegions - 1);
}
uint32_t ReadMpuType(Cpu& cpu, uint32_t /*index*/) {
  return cpu.options().mpu_region_count << 8;
}
uint32_t ReadMpuCtrl(Cpu& cpu, uint32_t /*index*/) {
  return cpu.mpu.ctrl;
}
void WriteMpuCtrl(Cpu& cpu, uint32_t /*index*/, uint32_t value) {
  cpu.mpu.ctrl = cpu.mpu.region_count == 0 ? 0 : value;
  cpu.MpuChanged();
}
uint32_t ReadMpuRnr(Cpu& cpu, uint32_t /*index*/) {
  return cpu.mpu.rnr;
}
void WriteMpuRnr(Cpu& cpu, uint32_t /*index*/, uint32_t value) {
  cpu.mpu.rnr = value;
}
// RBAR and RASR, then their three aliases: all of the selected region.
uint32_t ReadMpuRegion(Cpu& cpu, uint32_t index) {
  const uint32_t region = Region(cpu.mpu);
  return index % 2 == 0 ? cpu.mpu.rbar[region] | region : cpu.mpu.rasr[region];
}
void WriteMpuRegion(Cpu& cpu, uint32_t index, uint32_t value) {
  if (index % 2 != 0) {
    cpu.mpu.rasr[Region(cpu.mpu)] = value;
  } else {
    if ((value & kRbarValid) != 0) {
      cpu.mpu.rnr = value & 0xF;
    }
    cpu.mpu.rbar[Region(cpu.mpu)] = value & ~0x1Fu;
  }
  cpu.MpuChanged();
}

uint32_t ReadDemcr(Cpu& cpu, uint32_t /*index*/) {
  return cpu.dwt.demcr();
}
void WriteDemcr(Cpu& cpu, uint32_t /*index*/, uint32_t value) {
  cpu.dwt.set_demcr(value);
}
void WriteStir(Cpu& cpu, uint32_t /*index*/, uint32_t value) {
  cpu.nvic.SetPending(kFirstIrq + value, true);
  cpu.Recheck();
}

constexpr auto kEnable = ForEachIrq<&Nvic::SetEnabled, true>;
constexpr auto kDisable = ForEachIrq<&Nvic::SetEnabled, false>;
constexpr auto kPend = ForEachIrq<&Nvic::SetPending, true>;
constexpr auto kUnpend = ForEachIrq<&Nvic::SetPending, false>;
constexpr auto kReadIpr = ReadPriorities<kFirstIrq>;
constexpr auto kWriteIpr = WritePriorities<kFirstIrq>;
constexpr auto kReadShpr = ReadPriorities<kMemManage>;
constexpr auto kWriteShpr = WritePriorities<kMemManage>;
constexpr auto kClearCfsr = ClearOnes<&Scb::cfsr>;
constexpr auto kClearHfsr = ClearOnes<&Scb::hfsr>;

// clang-format off: one register a line is the table
constexpr ScsRegister kRegisters[] = {
    // name, offset, words, cores, reset, mask, stored, read, write, ones act
    {"ICTR", 0x004, 1, kAll, 0, 0, nullptr, ReadIctr, nullptr, false},
    {"ACTLR", 0x008, 1, kAll, 0, kEvery, &Scb::actlr, nullptr, nullptr, false},
    {"SYST_CSR", 0x010, 1, kAll, 0, 0x7, nullptr, ReadSystCsr, WriteSystCsr,
     true},
    {"SYST_RVR", 0x014, 1, kAll, 0, 0xFFFFFF, nullptr, ReadSystRvr,
     WriteSystRvr, false},
    {"SYST_CVR", 0x018, 1, kAll, 0, 0, nullptr, ReadSystCvr, WriteSystCvr,
     false},
    {"SYST_CALIB", 0x01C, 1, kAll, kCalib, 0, nullptr, nullptr, nullptr, false},
    {"NVIC_ISER", 0x100, 8, kAll, 0, kEvery, nullptr, ReadEnabled, kEnable,
     true},
    {"NVIC_ICER", 0x180, 8, kAll, 0, kEvery, nullptr, ReadEnabled, kDisable,
     true},
    {"NVIC_ISPR", 0x200, 8, kAll, 0, kEvery, nullptr, ReadPending, kPend, true},
    {"NVIC_ICPR", 0x280, 8, kAll, 0, kEvery, nullptr, ReadPending, kUnpend,
     true},
    {"NVIC_IABR", 0x300, 8, kAll, 0, 0, nullptr, ReadActive, nullptr, false},
    {"NVIC_IPR", 0x400, 60, kAll, 0, kEvery, nullptr, kReadIpr, kWriteIpr,
     false},
    {"CPUID", 0xD00, 1, kAll, 0, 0, nullptr, ReadCpuid, nullptr, false},
    {"ICSR", 0xD04, 1, kAll, 0, 0x9E000000, nullptr, ReadIcsr, WriteIcsr, true},
    {"VTOR", 0xD08, 1, kAll, 0, 0xFFFFFF80, &Scb::vtor, nullptr, nullptr,
     false},
    {"AIRCR", 0xD0C, 1, kAll, kAircrReads, kEvery, nullptr, ReadAircr,
     WriteAircr, false},
    {"SCR", 0xD10, 1, kAll, 0, 0x16, &Scb::scr, nullptr, nullptr, false},
    {"CCR", 0xD14, 1, kM4, 0x00000200, 0x31B, &Scb::ccr, nullptr, nullptr,
     false},
    {"CCR", 0xD14, 1, kM7, 0x00040200, 0x7031B, &Scb::ccr, nullptr, nullptr,
     false},
    {"SHPR", 0xD18, 3, kAll, 0, kEvery, nullptr, kReadShpr, kWriteShpr, false},
    {"SHCSR", 0xD24, 1, kAll, 0, 0x7FD8B, nullptr, ReadShcsr, WriteShcsr,
     false},
    {"CFSR", 0xD28, 1, kAll, 0, kEvery, &Scb::cfsr, nullptr, kClearCfsr, true},
    {"HFSR", 0xD2C, 1, kAll, 0, kEvery, &Scb::hfsr, nullptr, kClearHfsr, true},
    {"MMFAR", 0xD34, 1, kAll, 0, kEvery, &Scb::mmfar, nullptr, nullptr, false},
    {"BFAR", 0xD38, 1, kAll, 0, kEvery, &Scb::bfar, nullptr, nullptr, false},
    {"CLIDR", 0xD78, 1, kAll, 0, 0, nullptr, ReadClidr, nullptr, false},
    {"CTR", 0xD7C, 1, kM4, 0x8000C000, 0, nullptr, nullptr, nullptr, false},
    {"CTR", 0xD7C, 1, kM7, 0x8303C003, 0, nullptr, nullptr, nullptr, false},
    {"CCSIDR", 0xD80, 1, kAll, 0, 0, nullptr, ReadCcsidr, nullptr, false},
    {"CSSELR", 0xD84, 1, kAll, 0, 0x1, &Scb::csselr, nullptr, nullptr, false},
    {"CPACR", 0xD88, 1, kAll, 0, 0xF00000, &Scb::cpacr, nullptr, WriteCpacr,
     false},
    {"MPU_TYPE", 0xD90, 1, kAll, 0, 0, nullptr, ReadMpuType, nullptr, false},
    {"MPU_CTRL", 0xD94, 1, kAll, 0, 0x7, nullptr, ReadMpuCtrl, WriteMpuCtrl,
     false},
    {"MPU_RNR", 0xD98, 1, kAll, 0, 0xFF, nullptr, ReadMpuRnr, WriteMpuRnr,
     false},
    {"MPU_RBAR", 0xD9C, 8, kAll, 0, kEvery, nullptr, ReadMpuRegion,
     WriteMpuRegion, false},
    {"DEMCR", 0xDFC, 1, kAll, 0, 0x010F07F1, nullptr, ReadDemcr, WriteDemcr,
     false},
    {"STIR", 0xF00, 1, kAll, 0, 0x1FF, nullptr, nullptr, WriteStir, false},
    {"FPCCR", 0xF34, 1, kAll, 0xC0000000, 0xC0000000, &Scb::fpccr, nullptr,
     nullptr, false},
    {"FPCAR", 0xF38, 1, kAll, 0, 0xFFFFFFF8, &Scb::fpcar, nullptr, nullptr,
     false},
    {"FPDSCR", 0xF3C, 1, kAll, 0, 0x07C00000, &Scb::fpdscr, nullptr, nullptr,
     false},
    {"MVFR0", 0xF40, 1, kM4 | kM7Sp, 0x10110021, 0, nullptr, nullptr, nullptr,
     false},
    {"MVFR0", 0xF40, 1, kM7Dp, 0x10110221, 0, nullptr, nullptr, nullptr, false},
    {"MVFR1", 0xF44, 1, kM4 | kM7Sp, 0x11000011, 0, nullptr, nullptr, nullptr,
     false},
    {"MVFR1", 0xF44, 1, kM7Dp, 0x12000011, 0, nullptr, nullptr, nullptr, false},
    {"MVFR2", 0xF48, 1, kM7, 0x40, 0, nullptr, nullptr, nullptr, false},
    {"ITCMCR", 0xF90, 1, kM7, 0, kEvery, &Scb::itcmcr, nullptr, nullptr, false},
    {"DTCMCR", 0xF94, 1, kM7, 0, kEvery, &Scb::dtcmcr, nullptr, nullptr, false},
    {"AHBPCR", 0xF98, 1, kM7, 0, kEvery, &Scb::ahbpcr, nullptr, nullptr, false},
    {"CACR", 0xF9C, 1, kM7, 0, kEvery, &Scb::cacr, nullptr, nullptr, false},
};
// clang-format on

}  // namespace

ScsTable::ScsTable(CoreKind kind) : core_(1u << static_cast<unsigned>(kind)) {
  uint8_t number = 0;
  for (const ScsRegister& row : kRegisters) {
    ++number;
    for (uint32_t i = 0; i < row.words && (row.cores & core_) != 0; ++i) {
      row_of_word_[row.offset_bytes / 4 + i] = number;
    }
  }
}

const ScsRegister* ScsTable::Find(uint32_t offset_bytes) const {
  const uint8_t number = row_of_word_[offset_bytes / 4 % row_of_word_.size()];
  return number == 0 ? nullptr : &kRegisters[number - 1];
}

void ScsTable::Reset(Scb* scb) const {
  for (const ScsRegister& row : kRegisters) {
    if (row.stored != nullptr && (row.cores & core_) != 0) {
      scb->*row.stored = row.reset;
    }
  }
}

}  // namespace tinyrig::emulator
