// The tinyrig command: wiring only.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "cli/commands.h"
#include "cli/exit_code.h"

namespace tinyrig::cli {

namespace {

constexpr char kFooter[] =
    "Exit codes: 0 ok, 2 usage, 3 the job failed on the device or the model "
    "was refused,\n4 lab failure, 5 timeout, 6 server unreachable or refused, "
    "130 interrupted\n(1 is kept for regressions).";

// CLI11 alone would say that some sub-command is missing.
bool IsUnknownCommand(const CLI::App& app, const std::string& word) {
  return !word.starts_with('-') &&
         std::ranges::none_of(app.get_subcommands({}), [&](const auto* known) {
           return known->get_name() == word;
         });
}

int Main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  Context context;
  if (const char* server = std::getenv("TINYRIG_SERVER"); server != nullptr) {
    context.server = server;
  }
  int exit_code = kExitOk;
  CLI::App app(
      "tinyrig: run int8 .tflite models on STM32 boards, real or "
      "virtual, and keep the figures");
  app.footer(kFooter);
  app.set_version_flag("--version", TINYRIG_VERSION);
  app.require_subcommand(1);
  AddTryCommand(app, &context, &exit_code);
  AddSubmitCommand(app, &context, &exit_code);
  AddCompileCommand(app, &context, &exit_code);
  AddJobCommands(app, &context, &exit_code);
  AddRunCommands(app, &context, &exit_code);
  AddExportCommand(app, &context, &exit_code);
  AddImportCommand(app, &context, &exit_code);
  AddSqlCommand(app, &context, &exit_code);
  AddBoardCommands(app, &context, &exit_code);
  AddDatasetCommands(app, &context, &exit_code);
  AddAdminCommands(app, &context, &exit_code);
  AddServiceCommands(app, &context, &exit_code);
  if (argc > 1 && IsUnknownCommand(app, argv[1])) {
    std::fprintf(stderr, "tinyrig: no command `%s`; see tinyrig --help\n",
                 argv[1]);
    return kExitUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  return exit_code;
}

}  // namespace
}  // namespace tinyrig::cli

int main(int argc, char** argv) {
  return tinyrig::cli::Main(argc, argv);
}
