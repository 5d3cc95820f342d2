// Where every buffer of every part lies: parts chosen by stream/choose.h become
// stages with offsets.
#pragma once

#include "base/status.h"
#include "engine/emit/lower.h"

namespace tinyrig::engine::emit {

/// Fills stages, places, requests, plan and the edges' offsets of `lowered`
/// from parts, of which `codes` are emitted already. `arena_bytes`: no part
/// needs more.
void PlaceStages(const std::vector<stream::Part>& parts, int64_t arena_bytes,
                 Lowered* lowered);

/// Nobody ever writes to the model inputs' bytes, so they are there again for
/// the next run.
bool InputsPreserved(const Lowered& lowered);

}  // namespace tinyrig::engine::emit
