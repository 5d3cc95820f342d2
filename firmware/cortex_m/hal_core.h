// Filled once at boot; read through hal::GetFacts().
#pragma once

namespace tinyrig::cortex_m {

/// Reset cause, boot id, unique id, chip and core ids.
void GatherFacts();

}  // namespace tinyrig::cortex_m
