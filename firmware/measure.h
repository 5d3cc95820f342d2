// One timed call. What the figure means: docs/MEASURING.md.
#pragma once

#include <cstdint>

#include "proto/wire/message.h"

namespace tinyrig::firmware {

/// Cycles and instructions around function(), interrupts masked. The cycles of
/// an empty function are in it: see EmptyCallCycles.
wire::SampleRecord Time(void (*function)());

/// Cycles that Time() reports for an empty function, caches warm: the least of
/// several calls.
uint32_t EmptyCallCycles();

}  // namespace tinyrig::firmware
