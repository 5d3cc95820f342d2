// Where the files that go with the programs lie: kernels, firmware archives,
// the dashboard. Relative to the program, so a build tree can be moved.
#pragma once

#include <filesystem>
#include <string_view>

namespace tinyrig::base {

/// The folder of the running program (/proc/self/exe).
std::filesystem::path ProgramFolder();

/// $TINYRIG_SHARE when set, else `<program folder>/../share/tinyrig`.
std::filesystem::path ShareFolder();

/// A sibling program: `<program folder>/<name>`.
std::filesystem::path SiblingProgram(std::string_view name);

}  // namespace tinyrig::base
