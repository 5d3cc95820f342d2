// What every Cortex-M4/M7 board needs once after reset, and the caches.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyrig::cortex_m {

/// Faults apart from HardFault, division by zero traps, cycle counter, stack
/// guard. Before the clocks are set up.
void SetUpCore();

/// I- and D-cache on, where the core has them.
void EnableCaches();
/// Both caches empty; dirty lines are written back.
void EmptyCaches();
/// Writes dirty lines of [start, start + size) back, so that the bytes survive
/// a reset.
void CleanCache(const void* start, size_t size);

/// Some 20 interrupts a second: WFI ends often enough to feed the watchdog.
void StartTick(uint32_t clock_hz);
void EnableInterrupt(uint32_t irq);
/// In thread mode with interrupts not masked.
bool CanBeInterrupted();
/// WFI unless `idle` says no; no wake-up between question and sleep is lost.
void SleepWhile(bool (*idle)());

[[noreturn]] void SystemReset();

}  // namespace tinyrig::cortex_m
