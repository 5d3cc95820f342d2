// Commands that are another program of ours.
#pragma once

#include <string>
#include <vector>

namespace tinyrig::cli {

/// Becomes the sibling program: signals and exit code are then its own. Comes
/// back only when that failed, with an exit code.
int Become(const char* program, const std::vector<std::string>& words);

}  // namespace tinyrig::cli
