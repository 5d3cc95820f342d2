#include <string>

#include "cli/become.h"
#include "cli/commands.h"

namespace tinyrig::cli {
namespace {

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
