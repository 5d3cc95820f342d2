#include "firmware/measure.h"

#include "firmware/hal.h"

namespace tinyrig::firmware {
namespace {

constexpr int kCalibrationCalls = 8;

void Nothing(TinyrigStepHook) {
  asm volatile("");
}

void OneStep(TinyrigStepHook on_step) {
  on_step(0);
}

// The hook is a plain function: what it knows stands here.
struct Profile {
  uint32_t* cycles;  ///< by layer
  uint32_t layer_count;
  uint32_t layer;  ///< whose step runs; layer_count: none
  uint32_t begin;  ///< of the step
} profile;

// The time of the hook itself belongs to nobody.
void EndStep() {
  const uint32_t now = hal::Cycles();
  if (profile.layer < profile.layer_count) {
    profile.cycles[profile.layer] += now - profile.begin;
  }
}

void BeginStep(uint32_t layer) {
  EndStep();
  profile.layer = layer;
  hal::SetRunningLayer(static_cast<uint16_t>(layer));
  profile.begin = hal::Cycles();
}

uint32_t Least(uint32_t (*measure)()) {
  uint32_t least = UINT32_MAX;
  for (int i = 0; i < kCalibrationCalls; ++i) {
    const uint32_t cycles = measure();
    least = cycles < least ? cycles : least;
  }
  return least;
}

}  // namespace

[[gnu::noinline]] wire::SampleRecord Time(Invoke invoke) {
  const uint32_t interrupts = hal::MaskInterrupts();
  const uint64_t instructions_before = hal::Instructions();
  const uint32_t begin = hal::Cycles();
  invoke(nullptr);
  const uint32_t end = hal::Cycles();
  const uint64_t instructions = hal::Instructions() - instructions_before;
  hal::RestoreInterrupts(interrupts);
  return {end - begin, static_cast<uint32_t>(instructions),
          static_cast<uint32_t>(instructions >> 32)};
}

void TimeLayers(Invoke invoke, uint32_t* layer_cycles, uint32_t layer_count) {
  for (uint32_t i = 0; i < layer_count; ++i) {
    layer_cycles[i] = 0;
  }
  profile = {layer_cycles, layer_count, layer_count, 0};
  const uint32_t interrupts = hal::MaskInterrupts();
  invoke(BeginStep);
  EndStep();
  hal::RestoreInterrupts(interrupts);
  hal::SetRunningLayer(hal::kNoLayer);
}

uint32_t EmptyCallCycles() {
  return Least([] { return Time(Nothing).cycles; });
}

uint32_t EmptyStepCycles() {
  return Least([] {
    uint32_t cycles = 0;
    TimeLayers(OneStep, &cycles, 1);
    return cycles;
  });
}

}  // namespace tinyrig::firmware
