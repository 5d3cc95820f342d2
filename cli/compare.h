// Two or more runs side by side: absolute, relative to the first, and what
// differs in their environments.
#pragma once

#include <string>
#include <vector>

#include "cli/table.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::cli {

/// One row per figure; a column per run, relative columns for all but the
/// first.
Table CompareTable(const std::vector<v1::Run>& runs);

/// Layer by layer where the runs have the same layers; empty otherwise.
Table CompareLayers(const std::vector<v1::Run>& runs);

/// "clock_hz: 216000000 | 100000000", a line per field that differs.
std::vector<std::string> EnvironmentDifferences(
    const std::vector<v1::Run>& runs);

}  // namespace tinyrig::cli
