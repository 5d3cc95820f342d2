// Core registers of Cortex-M4 and M7, spelled as in the ARMv7-M Architecture
// Reference Manual (DDI 0403); caches: Cortex-M7 TRM (DDI 0489).
#pragma once

#include <cstdint>

namespace tinyrig::cortex_m {

inline volatile uint32_t& Reg(uint32_t address) {
  return *reinterpret_cast<volatile uint32_t*>(address);
}

constexpr uint32_t kDwtCtrl = 0xE0001000;
constexpr uint32_t kDwtCyccnt = 0xE0001004;
constexpr uint32_t kDwtLar = 0xE0001FB0;
constexpr uint32_t kSysTickCtrl = 0xE000E010;
constexpr uint32_t kSysTickLoad = 0xE000E014;
constexpr uint32_t kSysTickVal = 0xE000E018;
constexpr uint32_t kNvicIser = 0xE000E100;
constexpr uint32_t kCpuid = 0xE000ED00;
constexpr uint32_t kVtor = 0xE000ED08;
constexpr uint32_t kAircr = 0xE000ED0C;
constexpr uint32_t kCcr = 0xE000ED14;
constexpr uint32_t kShcsr = 0xE000ED24;
constexpr uint32_t kCfsr = 0xE000ED28;
constexpr uint32_t kHfsr = 0xE000ED2C;
constexpr uint32_t kMmfar = 0xE000ED34;
constexpr uint32_t kBfar = 0xE000ED38;
constexpr uint32_t kCcsidr = 0xE000ED80;
constexpr uint32_t kCsselr = 0xE000ED84;
constexpr uint32_t kCpacr = 0xE000ED88;
constexpr uint32_t kMpuCtrl = 0xE000ED94;
constexpr uint32_t kMpuRnr = 0xE000ED98;
constexpr uint32_t kMpuRbar = 0xE000ED9C;
constexpr uint32_t kMpuRasr = 0xE000EDA0;
constexpr uint32_t kDemcr = 0xE000EDFC;
constexpr uint32_t kIciallu = 0xE000EF50;
constexpr uint32_t kDcisw = 0xE000EF60;
constexpr uint32_t kDccmvac = 0xE000EF68;
constexpr uint32_t kDccisw = 0xE000EF74;

constexpr uint32_t kCcrDiv0Trap = 1u << 4;
constexpr uint32_t kCcrDc = 1u << 16;
constexpr uint32_t kCcrIc = 1u << 17;

inline void Dsb() {
  asm volatile("dsb" ::: "memory");
}
inline void Isb() {
  asm volatile("isb" ::: "memory");
}

}  // namespace tinyrig::cortex_m
