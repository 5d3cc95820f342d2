#include <cerrno>
#include <cstring>
#include <string>
#include <unistd.h>
#include <vector>

#include "base/resources.h"
#include "cli/commands.h"
#include "cli/exit_code.h"

namespace tinyrig::cli {
namespace {

// Becomes the sibling program: signals and exit code are then its own.
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

void AddService(CLI::App& app, const char* name, const char* help,
                const char* program, int* exit_code) {
  CLI::App* command = app.add_subcommand(name, help);
  command->prefix_command();
  command->set_help_flag();  // --help goes to the program
  command->callback(
      [=] { *exit_code = Become(program, command->remaining()); });
}

}  // namespace

void AddServiceCommands(CLI::App& app, Context* /*context*/, int* exit_code) {
  AddService(app, "server", "the lab's server (tinyrig-server; try --help)",
             "tinyrig-server", exit_code);
  AddService(app, "agent", "the owner of boards (tinyrig-agent; try --help)",
             "tinyrig-agent", exit_code);
}

}  // namespace tinyrig::cli
