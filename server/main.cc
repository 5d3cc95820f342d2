// tinyrig-server: reads its flags, then restores a backup or serves.
#include <csignal>

#include "base/log.h"
#include "server/program/flags.h"
#include "server/program/restore_command.h"
#include "server/program/serve.h"

int main(int argc, char** argv) {
  using namespace tinyrig;
  const auto parsed = server::ParseFlags(argc, argv);
  if (const int* exit_code = std::get_if<int>(&parsed)) {
    return *exit_code;
  }
  const auto& flags = std::get<server::Flags>(parsed);
  base::SetLogLevel(flags.log_level);
  // A file limit is an error to report, not a reason to die.
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  return flags.restore_from.empty() ? server::RunServer(flags)
                                    : server::RunRestore(flags);
}
