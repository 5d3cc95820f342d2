#include "cli/become.h"

#include <cerrno>
#include <cstring>
#include <unistd.h>

#include "base/resources.h"
#include "cli/exit_code.h"
#include "cli/output.h"

namespace tinyrig::cli {

int Become(const char* program, const std::vector<std::string>& words) {
  const std::string path = base::SiblingProgram(program).string();
  std::vector<char*> argv = {const_cast<char*>(path.c_str())};
  for (const std::string& word : words) {
    argv.push_back(const_cast<char*>(word.c_str()));
  }
  argv.push_back(nullptr);
  ::execv(path.c_str(), argv.data());
  PrintError(absl::UnavailableError("cannot start " + path + ": " +
                                    std::strerror(errno)));
  return kExitLab;
}

}  // namespace tinyrig::cli
