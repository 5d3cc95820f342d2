// The agent's configuration: a YAML file (docs/AGENT.md) or command-line
// shorthands, checked. Unknown keys are refused with their line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/lines/board_lines.h"
#include "base/status.h"

namespace tinyrig::agent {

constexpr size_t kMaxBoards = 64;

/// A virtual board that the agent starts itself (docs/VBOARD.md).
struct VirtualBoard {
  std::string uid;         ///< empty: derived from agent id and board name
  std::string flash_file;  ///< empty: in the state folder
  std::string faults;
  std::string flash_timing;  ///< empty: the program's default
  int64_t seed = 1;
  std::string program;  ///< empty: tinyrig-vboard beside the agent
};

enum class LinesPort { kLoader, kConsole };

struct BoardEntry {
  std::string name;
  std::string board;  ///< id of boards/*.yaml
  // How the console is found; exactly one of the three.
  std::optional<VirtualBoard> virtual_board;
  std::string usb_serial;
  std::string port;
  std::string loader_port;  ///< empty: the console's, where that works
  // Who pulls reset and BOOT0: control socket, modem lines, else nobody.
  std::string control;
  std::optional<ModemWiring> modem;
  LinesPort modem_port = LinesPort::kLoader;
};

struct AgentConfig {
  std::string server = "127.0.0.1:7077";
  std::string agent_id;
  std::string state_dir;
  int64_t cache_limit_mb = 1024;
  std::vector<BoardEntry> boards;
};

/// \param file_name leads every error message
/// Errors: INVALID_ARGUMENT "FILE:LINE: what, wanted what".
absl::StatusOr<AgentConfig> ParseConfig(std::string_view yaml,
                                        const std::string& file_name);

/// "NAME=BOARD" or "NAME=BOARD:virtual" (the same: a virtual board).
absl::StatusOr<BoardEntry> ParseBoardShorthand(const std::string& text);

/// What no single entry shows: names unique, boards known, console, loader and
/// lines complete, at least one board and at most kMaxBoards.
absl::Status CheckConfig(const AgentConfig& config);

/// $TINYRIG_STATE, else $XDG_STATE_HOME/tinyrig, else ~/.local/state/tinyrig,
/// with "/agent-<id>" appended.
std::string DefaultStateDir(const std::string& agent_id);
/// The host's name.
std::string DefaultAgentId();

}  // namespace tinyrig::agent
