// One run for people: headline figures, memory, flash, costly layers.
#pragma once

#include <string>
#include <vector>

#include "cli/table.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::cli {

/// The whole report; the `layer_count` most expensive layers (0: all, in
/// model order).
std::string RunReport(const v1::Run& run, int layer_count);

/// One row per run.
Table RunTable(const std::vector<v1::Run>& runs);

/// All layers in model order.
Table LayerTable(const v1::Run& run);

}  // namespace tinyrig::cli
