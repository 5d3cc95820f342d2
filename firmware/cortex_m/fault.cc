#include "firmware/cortex_m/fault.h"

#include "firmware/chip/chip.h"
#include "firmware/cortex_m/core.h"
#include "firmware/cortex_m/registers.h"
#include "proto/wire/frame.h"
#include "tinyrig_board.h"

namespace tinyrig {
namespace {

using wire::FaultKind;
using wire::FaultRecord;

constexpr uint32_t kValid = 0x5AFEC0DE;
constexpr uint32_t kHfsrForced = 1u << 30;
constexpr uint32_t kStackingFailed = (1u << 4) | (1u << 12);  // MSTKERR STKERR

/// Not touched by the start-up code. Random after power-on: see BeginBoot.
struct Kept {
  uint32_t valid;
  uint32_t boot_id;
  uint32_t running_layer;
  uint32_t fault_valid;
  FaultRecord fault;
  uint32_t crc;  ///< over all before it
};
[[gnu::section(".noinit")]] Kept kept;

/// In .bss: says whether this boot already handles a fault.
bool in_fault;
uint8_t
    fault_frame[wire::kHeaderBytes + sizeof(FaultRecord) + wire::kCrcBytes + 4];

uint32_t KeptCrc() {
  return wire::Crc32(reinterpret_cast<const uint8_t*>(&kept),
                     offsetof(Kept, crc));
}

void Keep() {
  kept.crc = KeptCrc();
  cortex_m::CleanCache(&kept, sizeof(kept));
}

/// PRIMASK turns the configurable faults into a forced HardFault; the cause is
/// still in CFSR.
FaultKind KindOf(uint32_t exception, uint32_t cfsr, uint32_t hfsr) {
  switch (exception) {
    case 2:
      return FaultKind::kNmi;
    case 3:
      if ((hfsr & kHfsrForced) == 0) {
        return FaultKind::kHardFault;
      }
      if ((cfsr & 0xFF) != 0) {
        return FaultKind::kMemManage;
      }
      if ((cfsr & 0xFF00) != 0) {
        return FaultKind::kBusFault;
      }
      return cfsr != 0 ? FaultKind::kUsageFault : FaultKind::kHardFault;
    case 4:
      return FaultKind::kMemManage;
    case 5:
      return FaultKind::kBusFault;
    case 6:
      return FaultKind::kUsageFault;
    default:
      return FaultKind::kUnexpectedIrq;
  }
}

bool InRam(const uint32_t* frame, uint32_t bytes) {
  const auto address = reinterpret_cast<uint32_t>(frame);
  return address % 4 == 0 && address >= board::kRamBase &&
         address - board::kRamBase <= board::kRamBytes - bytes;
}

void FillFromStack(const uint32_t* frame, uint32_t exc_return,
                   FaultRecord* fault) {
  constexpr uint32_t kFrameWords = 8;
  constexpr uint32_t kFloatFrameWords = 26;
  fault->sp = reinterpret_cast<uint32_t>(frame);
  if ((fault->cfsr & kStackingFailed) != 0 || !InRam(frame, kFrameWords * 4)) {
    return;  // the frame was never written
  }
  fault->r0 = frame[0];
  fault->r1 = frame[1];
  fault->r2 = frame[2];
  fault->r3 = frame[3];
  fault->r12 = frame[4];
  fault->lr = frame[5];
  fault->pc = frame[6];
  fault->xpsr = frame[7];
  const bool float_frame = (exc_return & 0x10) == 0;
  const bool padded = (fault->xpsr & (1u << 9)) != 0;
  fault->sp +=
      (float_frame ? kFloatFrameWords : kFrameWords) * 4 + (padded ? 4u : 0u);
}

[[noreturn]] void ReportAndReset(const FaultRecord& fault) {
  kept.fault = fault;
  kept.fault.layer = static_cast<uint16_t>(kept.running_layer);
  kept.fault.boot_id = kept.boot_id;
  kept.fault_valid = kValid;
  kept.running_layer = hal::kNoLayer;
  Keep();
  chip::SetLed(board::kLedFault, true);
  static_assert(sizeof(fault_frame) >=
                wire::kHeaderBytes + sizeof(FaultRecord) + wire::kCrcBytes + 3);
  const size_t size =
      wire::EncodeFrame(static_cast<uint8_t>(wire::Type::kFaultEvent), 0,
                        reinterpret_cast<const uint8_t*>(&kept.fault),
                        sizeof(FaultRecord), fault_frame);
  hal::Send(fault_frame, size);
  chip::DrainConsole();
  cortex_m::SystemReset();
}

}  // namespace

extern "C" [[noreturn, gnu::used]] void HandleFault(const uint32_t* frame,
                                                    uint32_t exc_return) {
  using cortex_m::Reg;
  Reg(cortex_m::kMpuCtrl) = 0;  // the frame may lie in the guard
  cortex_m::Dsb();
  if (in_fault) {
    cortex_m::SystemReset();
  }
  in_fault = true;
  uint32_t exception;
  asm volatile("mrs %0, ipsr" : "=r"(exception));
  FaultRecord fault = {};
  fault.cfsr = Reg(cortex_m::kCfsr);
  fault.hfsr = Reg(cortex_m::kHfsr);
  fault.mmfar = Reg(cortex_m::kMmfar);
  fault.bfar = Reg(cortex_m::kBfar);
  fault.kind =
      static_cast<uint8_t>(KindOf(exception & 0x1FF, fault.cfsr, fault.hfsr));
  FillFromStack(frame, exc_return, &fault);
  ReportAndReset(fault);
}

namespace cortex_m {

uint32_t BeginBoot(uint32_t reset_cause) {
  if (kept.valid != kValid || kept.crc != KeptCrc()) {
    // Power-on. What RAM holds by chance is as good a first number as any.
    const uint32_t chance =
        wire::Crc32(reinterpret_cast<const uint8_t*>(&kept), sizeof(kept));
    kept = {};
    kept.valid = kValid;
    kept.boot_id = chance;
    kept.running_layer = hal::kNoLayer;
  }
  if ((reset_cause & wire::kResetWatchdog) != 0 && kept.fault_valid != kValid) {
    kept.fault = {};
    kept.fault.kind = static_cast<uint8_t>(FaultKind::kWatchdog);
    kept.fault.layer = static_cast<uint16_t>(kept.running_layer);
    kept.fault.boot_id = kept.boot_id;
    kept.fault_valid = kValid;
  }
  kept.running_layer = hal::kNoLayer;
  ++kept.boot_id;
  Keep();
  return kept.boot_id;
}

}  // namespace cortex_m

namespace hal {

void SetRunningLayer(uint16_t layer) {
  kept.running_layer = layer;
  Keep();
}

const wire::FaultRecord* PendingFault() {
  return kept.fault_valid == kValid ? &kept.fault : nullptr;
}

void ClearFault() {
  kept.fault_valid = 0;
  Keep();
}

void Fail() {
  FaultRecord fault = {};
  fault.kind = static_cast<uint8_t>(FaultKind::kAssert);
  fault.pc = reinterpret_cast<uint32_t>(__builtin_return_address(0));
  asm volatile("mov %0, sp" : "=r"(fault.sp));
  MaskInterrupts();
  ReportAndReset(fault);
}

}  // namespace hal
}  // namespace tinyrig

extern "C" [[gnu::naked, gnu::used]] void Fault_Handler() {
  asm volatile(
      "tst lr, #4\n"
      "ite eq\n"
      "mrseq r0, msp\n"
      "mrsne r0, psp\n"
      "mov r1, lr\n"
      "b HandleFault\n");
}
