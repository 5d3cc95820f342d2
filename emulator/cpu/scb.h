// The system control block's stored registers, bit for bit as a program reads
// them. Those that are computed (ICSR, SHCSR, priorities) belong to the Nvic;
// which bits a write reaches and what reset leaves: scs_registers.cc.
// Source: DDI 0403, B3.2; cache and TCM control: Cortex-M7 TRM (DDI 0489).
#pragma once

#include <cstdint>

namespace tinyrig::emulator {

struct Scb {
  uint32_t vtor = 0;    ///< vector table's address, a multiple of 128
  uint32_t scr = 0;     ///< SLEEPONEXIT, SLEEPDEEP, SEVONPEND
  uint32_t ccr = 0;     ///< traps, STKALIGN, NONBASETHRDENA, M7 cache enables
  uint32_t cfsr = 0;    ///< MMFSR 7:0, BFSR 15:8, UFSR 31:16
  uint32_t hfsr = 0;    ///< VECTTBL, FORCED, DEBUGEVT
  uint32_t mmfar = 0;   ///< address of the last MemManage fault
  uint32_t bfar = 0;    ///< address of the last precise bus fault
  uint32_t cpacr = 0;   ///< CP10 and CP11; CoreState::fp_enabled follows
  uint32_t csselr = 0;  ///< 0 data cache, 1 instruction cache in CCSIDR
  uint32_t actlr = 0;   ///< stored, without effect
  uint32_t fpccr = 0;   ///< ASPEN, LSPEN (stacking is always eager here)
  uint32_t fpcar = 0;   ///< where the last FP frame was stacked
  uint32_t fpdscr = 0;  ///< FPSCR's defaults for new FP contexts
  uint32_t itcmcr = 0;  ///< M7 memories: stored, without effect
  uint32_t dtcmcr = 0;
  uint32_t ahbpcr = 0;
  uint32_t cacr = 0;

  static constexpr uint32_t kScrSleepOnExit = 1u << 1;
  static constexpr uint32_t kScrEventOnPend = 1u << 4;
  static constexpr uint32_t kCcrNonBaseThread = 1u << 0;
  static constexpr uint32_t kCcrUnalignedTrap = 1u << 3;
  static constexpr uint32_t kCcrDivideTrap = 1u << 4;
  static constexpr uint32_t kCcrStackAlign = 1u << 9;
  static constexpr uint32_t kHfsrVectorTable = 1u << 1;
  static constexpr uint32_t kHfsrForced = 1u << 30;
  static constexpr uint32_t kHfsrDebugEvent = 1u << 31;
};

}  // namespace tinyrig::emulator
