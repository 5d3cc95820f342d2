// Everything the commands need of the chip. On the chip: cortex_m/ and chip/;
// in host tests: testing/fake_hal.cc. Linked, not virtual: a call costs a call.
#pragma once

#include <cstddef>
#include <cstdint>

#include "proto/abi/model.h"
#include "proto/wire/message.h"

namespace tinyrig::hal {

/// What does not change between two resets.
struct Facts {
  uint8_t uid[wire::kUidBytes];
  uint32_t boot_id;
  uint32_t reset_cause;  ///< wire::ResetCause bits
  uint32_t idcode;
  uint32_t cpuid;
};
const Facts& GetFacts();
const TinyrigImageHeader& ImageHeader();

/// As the registers are now, not as they were meant to be.
uint32_t CoreClockHz();
uint32_t FlashAcr();
uint32_t CacheControl();

/// Writes all bytes to the console; returns when the last one is on its way.
/// The core sleeps meanwhile; in a fault handler it polls.
void Send(const uint8_t* bytes, size_t size);

/// DWT_CYCCNT behind a barrier: all earlier instructions have completed.
uint32_t Cycles();
/// Instructions since power-on on a virtual board, 0 on a chip.
uint64_t Instructions();

uint32_t MaskInterrupts();
void RestoreInterrupts(uint32_t previous);
/// Caches and flash accelerators empty, as after a reset.
void ColdCaches();
void FeedWatchdog();
void SetBusyLed(bool on);

uint32_t StackBytes();
/// Bytes of the stack that were ever written since the boot.
uint32_t StackPeakBytes();
/// .data, .bss, .noinit and the handlers' stack, without the arena.
uint32_t StaticBytes();
/// False when the stack's last word was written: the peak is a lie then.
bool StackIntact();

/// Kept over a reset, so that a fault or the watchdog can name the layer.
void SetRunningLayer(uint16_t layer);
constexpr uint16_t kNoLayer = 0xFFFF;

/// The fault that waits for kGetFault, or nullptr.
const wire::FaultRecord* PendingFault();
void ClearFault();
/// Records kAssert with the caller's address, reports it, resets.
[[noreturn]] void Fail();

}  // namespace tinyrig::hal
