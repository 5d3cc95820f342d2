// tinyrig-vboard: flags, construct, run. See docs/VBOARD.md.
#include <cstdio>
#include <string>

#include "base/log.h"
#include "boards/board.h"
#include "emulator/chip/runner.h"
#include <CLI/CLI.hpp>

namespace tinyrig::emulator {
namespace {

struct Flags {
  std::string board, flash_timing = "instant", faults = "none";
  std::string log_level = "warning";
  VBoardOptions vboard;
  RunnerOptions runner;
};

void AddFlags(CLI::App& app, Flags& flags) {
  app.add_option("--board", flags.board, "board id, e.g. nucleo_f746zg")
      ->required();
  app.add_option("--link", flags.runner.link, "symlink to the console's PTY")
      ->required();
  app.add_option("--loader-link", flags.runner.loader_link,
                 "symlink to the ROM bootloader's PTY (LINK.loader)");
  app.add_option("--control", flags.runner.control_path,
                 "Unix socket of the control channel (LINK.control)");
  app.add_option("--uid", flags.vboard.uid_text,
                 "up to 8 characters; the chip's UID is VIRT + TEXT");
  app.add_option("--flash-file", flags.vboard.flash_file,
                 "flash contents that survive the process");
  app.add_option("--flash-timing", flags.flash_timing, "instant or typical")
      ->check(CLI::IsMember({"instant", "typical"}));
  app.add_option("--faults", flags.faults,
                 "fault plan, e.g. flip=1/10000,stall=1/50000:200ms");
  app.add_option("--seed", flags.vboard.seed, "seed of the fault plan");
  app.add_option("--log-level", flags.log_level,
                 "debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
}

absl::Status Run(Flags& flags) {
  ASSIGN_OR_RETURN(flags.vboard.board, boards::FindBoard(flags.board));
  ASSIGN_OR_RETURN(flags.vboard.faults, FaultPlan::Parse(flags.faults));
  flags.vboard.flash_timing_typical = flags.flash_timing == "typical";
  ASSIGN_OR_RETURN(auto board, VBoard::Create(flags.vboard));
  ASSIGN_OR_RETURN(auto runner, Runner::Create(std::move(board), flags.runner));
  return runner->Loop();
}

}  // namespace
}  // namespace tinyrig::emulator

int main(int argc, char** argv) {
  CLI::App app("One STM32 board as a process (docs/VBOARD.md)");
  tinyrig::emulator::Flags flags;
  tinyrig::emulator::AddFlags(app, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  tinyrig::base::SetLogLevel(flags.log_level);
  if (const absl::Status status = tinyrig::emulator::Run(flags); !status.ok()) {
    std::fprintf(stderr, "tinyrig-vboard: %s\n",
                 std::string(status.message()).c_str());
    return status.code() == absl::StatusCode::kInternal ? 1 : 2;
  }
  return 0;
}
