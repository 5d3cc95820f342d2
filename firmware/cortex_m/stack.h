// The painted stack: how deep it ever was.
#pragma once

#include <cstdint>

namespace tinyrig::cortex_m {

/// Paints from the bottom to a little below the stack pointer.
void PaintStack();

}  // namespace tinyrig::cortex_m
