// One timed call. What the figure means: docs/MEASURING.md.
#pragma once

#include <cstdint>

#include "proto/abi/model.h"
#include "proto/wire/message.h"

namespace tinyrig::firmware {

/// A model's invoke().
using Invoke = void (*)(TinyrigStepHook on_step);

/// Cycles and instructions around invoke(), interrupts masked, nobody listening
/// to its steps. The cycles of an empty call are in it: see EmptyCallCycles.
wire::SampleRecord Time(Invoke invoke);

/// Cycles of each layer in one invoke(): from the beginning of a step of it to
/// the next step of any layer, summed. Interrupts are masked; the running layer
/// is told to the HAL.
/// \param layer_cycles  an entry per layer, set by the call
void TimeLayers(Invoke invoke, uint32_t* layer_cycles, uint32_t layer_count);

/// Cycles that Time() reports for an empty function, caches warm: the least of
/// several calls.
uint32_t EmptyCallCycles();

/// Cycles that TimeLayers() reports for a step that does nothing; each step of
/// a layer carries them.
uint32_t EmptyStepCycles();

}  // namespace tinyrig::firmware
