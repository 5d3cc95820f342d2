#include "firmware/measure.h"

#include "firmware/hal.h"

namespace tinyrig::firmware {
namespace {

constexpr int kCalibrationCalls = 8;

[[gnu::noinline]] void Nothing() {
  asm volatile("");
}

}  // namespace

[[gnu::noinline]] wire::SampleRecord Time(void (*function)()) {
  const uint32_t interrupts = hal::MaskInterrupts();
  const uint64_t instructions_before = hal::Instructions();
  const uint32_t begin = hal::Cycles();
  function();
  const uint32_t end = hal::Cycles();
  const uint64_t instructions = hal::Instructions() - instructions_before;
  hal::RestoreInterrupts(interrupts);
  return {end - begin, static_cast<uint32_t>(instructions),
          static_cast<uint32_t>(instructions >> 32)};
}

uint32_t EmptyCallCycles() {
  uint32_t least = UINT32_MAX;
  for (int i = 0; i < kCalibrationCalls; ++i) {
    const uint32_t cycles = Time(Nothing).cycles;
    least = cycles < least ? cycles : least;
  }
  return least;
}

}  // namespace tinyrig::firmware
