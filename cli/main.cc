// The tinyrig command: wiring only.
#include <csignal>

#include "cli/commands.h"
#include "cli/exit_code.h"

namespace tinyrig::cli {

namespace {

constexpr char kFooter[] =
    "Exit codes: 0 ok, 2 usage, 3 the job failed on the device or the model "
    "was refused,\n4 lab failure, 5 timeout, 6 server unreachable or refused, "
    "130 interrupted\n(1 is kept for regressions).";

int Main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  Context context;
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
  AddBoardCommands(app, &context, &exit_code);
  AddDatasetCommands(app, &context, &exit_code);
  AddServiceCommands(app, &context, &exit_code);
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
