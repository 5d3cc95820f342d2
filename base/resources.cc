#include "base/resources.h"

#include <cstdlib>
#include <system_error>

namespace tinyrig::base {

std::filesystem::path ProgramFolder() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
}

std::filesystem::path ShareFolder() {
  if (const char* given = std::getenv("TINYRIG_SHARE"); given != nullptr) {
    return given;
  }
  return ProgramFolder().parent_path() / "share" / "tinyrig";
}

std::filesystem::path SiblingProgram(std::string_view name) {
  return ProgramFolder() / name;
}

}  // namespace tinyrig::base
