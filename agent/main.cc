// tinyrig-agent: flags, then agent.h. Exit codes: 0 ended by a signal, 2 wrong
// flags or config, 4 the machine is in the way (state folder).
#include <cstdio>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "agent/agent.h"
#include "base/file.h"
#include "base/log.h"

namespace tinyrig::agent {
namespace {

constexpr int kExitUsage = 2;
constexpr int kExitLab = 4;

struct Flags {
  std::string config, server, id, state, log_level = "warning";
  std::vector<std::string> boards;
};

absl::StatusOr<AgentConfig> ConfigOf(const Flags& flags) {
  AgentConfig config;
  if (!flags.config.empty()) {
    ASSIGN_OR_RETURN(const auto text, base::ReadTextFile(flags.config));
    ASSIGN_OR_RETURN(config, ParseConfig(text, flags.config));
  }
  for (const auto& text : flags.boards) {
    ASSIGN_OR_RETURN(auto board, ParseBoardShorthand(text));
    config.boards.push_back(std::move(board));
  }
  if (!flags.server.empty()) {
    config.server = flags.server;
  }
  if (!flags.id.empty()) {
    config.agent_id = flags.id;
  }
  if (!flags.state.empty()) {
    config.state_dir = flags.state;
  }
  if (config.agent_id.empty()) {
    config.agent_id = DefaultAgentId();
  }
  if (config.state_dir.empty()) {
    config.state_dir = DefaultStateDir(config.agent_id);
  }
  RETURN_IF_ERROR(CheckConfig(config));
  return config;
}

int Fail(const absl::Status& status, int code) {
  std::fprintf(stderr, "tinyrig-agent: %s\n",
               std::string(status.message()).c_str());
  return code;
}

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App app("Runs jobs of a tinyrig server on the boards of this machine",
               "tinyrig-agent");
  app.add_option("--config", flags.config, "YAML file (docs/AGENT.md)");
  app.add_option("--server", flags.server, "host:port (127.0.0.1:7077)");
  app.add_option("--id", flags.id, "agent id (default: the host's name)");
  app.add_option("--state", flags.state, "state folder, one per agent");
  app.add_option("--board", flags.boards,
                 "NAME=BOARD[:virtual], a virtual board; repeatable");
  app.add_option("--log-level", flags.log_level,
                 "debug, info, warning (default) or error");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  if (!base::SetLogLevel(flags.log_level)) {
    return Fail(absl::InvalidArgumentError(
                    "--log-level is none of debug, info, warning, error"),
                kExitUsage);
  }
  auto config = ConfigOf(flags);
  if (!config.ok()) {
    return Fail(config.status(), kExitUsage);
  }
  Agent agent(*std::move(config));
  const auto ended = agent.Run();
  return ended.ok() ? 0 : Fail(ended, kExitLab);
}

}  // namespace
}  // namespace tinyrig::agent

int main(int argc, char** argv) {
  return tinyrig::agent::Main(argc, argv);
}
