#include "agent/config/config.h"

#include <cstdlib>
#include <set>
#include <unistd.h>

#include "agent/config/strict_map.h"
#include "base/address.h"
#include "boards/board.h"

namespace tinyrig::agent {
namespace {

// Names end up in paths, in the lab's board names and in tables.
bool IsName(const std::string& text) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  };
  return !text.empty() && text.size() <= 64 && text[0] != '.' &&
         std::ranges::all_of(text, good);
}

absl::StatusOr<VirtualBoard> ParseVirtual(const YAML::Node& node,
                                          const std::string& file) {
  VirtualBoard board;
  if (node.IsNull() || (node.IsScalar() && node.Scalar() == "true")) {
    return board;  // "virtual:" alone
  }
  StrictMap map(node, file, "virtual");
  board.uid = map.Text("uid");
  board.flash_file = map.Text("flash_file");
  board.faults = map.Text("faults");
  board.flash_timing = map.Text("flash_timing");
  board.seed = map.Number("seed", 0, INT64_MAX, 1);
  board.program = map.Text("program");
  const auto good = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' ||
           c == '-';
  };
  if (board.uid.size() > 8 || !std::ranges::all_of(board.uid, good)) {
    map.Fail(node, absl::StrCat("uid '", board.uid,
                                "' is not up to 8 of [A-Za-z0-9_-]"));
  }
  if (!board.flash_timing.empty() && board.flash_timing != "instant" &&
      board.flash_timing != "typical") {
    map.Fail(node, absl::StrCat("flash_timing '", board.flash_timing,
                                "' is neither instant nor typical"));
  }
  RETURN_IF_ERROR(map.Finish());
  return board;
}

ModemLine LineOf(StrictMap* map, const YAML::Node& node, const std::string& key,
                 const std::string& otherwise) {
  const std::string text = map->Text(key, otherwise);
  if (text != "dtr" && text != "rts" && text != "none") {
    map->Fail(node,
              absl::StrCat(key, ": '", text, "' is none of dtr, rts, none"));
  }
  return text == "dtr"   ? ModemLine::kDtr
         : text == "rts" ? ModemLine::kRts
                         : ModemLine::kNone;
}

absl::Status ParseLines(const YAML::Node& node, const std::string& file,
                        BoardEntry* board) {
  StrictMap map(node, file, "lines");
  ModemWiring wiring;
  wiring.reset = LineOf(&map, node, "reset", "rts");
  wiring.boot0 = LineOf(&map, node, "boot0", "dtr");
  if (wiring.reset == wiring.boot0 && wiring.reset != ModemLine::kNone) {
    map.Fail(node, "reset and boot0 are on the same line");
  }
  const std::string port = map.Text("port", "loader");
  if (port != "loader" && port != "console") {
    map.Fail(node,
             absl::StrCat("port: '", port, "' is neither loader nor console"));
  }
  RETURN_IF_ERROR(map.Finish());
  board->modem = wiring;
  board->modem_port =
      port == "loader" ? LinesPort::kLoader : LinesPort::kConsole;
  return absl::OkStatus();
}

absl::StatusOr<BoardEntry> ParseEntry(const YAML::Node& node,
                                      const std::string& file) {
  StrictMap map(node, file, "a board");
  BoardEntry board;
  board.name = map.Text("name");
  board.board = map.Text("board");
  board.port = map.Text("port");
  board.loader_port = map.Text("loader_port");
  board.control = map.Text("control");
  const auto virtual_node = map.Take("virtual");
  const auto usb = map.Take("usb");
  const auto lines = map.Take("lines");
  RETURN_IF_ERROR(map.Finish());
  if (virtual_node) {
    ASSIGN_OR_RETURN(board.virtual_board, ParseVirtual(virtual_node, file));
  }
  if (usb) {
    StrictMap usb_map(usb, file, "usb");
    board.usb_serial = usb_map.Text("serial");
    if (board.usb_serial.empty()) {
      usb_map.Fail(usb, "usb has no serial");
    }
    RETURN_IF_ERROR(usb_map.Finish());
  }
  if (lines) {
    RETURN_IF_ERROR(ParseLines(lines, file, &board));
  }
  const auto complete = [&]() -> absl::Status {
    AgentConfig alone;
    alone.agent_id = "x";
    alone.state_dir = "x";
    alone.boards = {board};
    return CheckConfig(alone);
  }();
  if (!complete.ok()) {
    map.Fail(node, std::string(complete.message()));
    return map.Finish();
  }
  return board;
}

absl::Status CheckEntry(const BoardEntry& board) {
  if (!IsName(board.name)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "board name '", board.name,
        "' is not 1 to 64 of [A-Za-z0-9_.-], not starting with a dot"));
  }
  ASSIGN_OR_RETURN(const boards::Board* kind, boards::FindBoard(board.board));
  const int ways = (board.virtual_board ? 1 : 0) +
                   (board.usb_serial.empty() ? 0 : 1) +
                   (board.port.empty() ? 0 : 1);
  if (ways != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("board ", board.name, " has ", ways,
                     " of virtual, usb and port, wanted exactly one"));
  }
  if (board.virtual_board &&
      !(board.loader_port.empty() && board.control.empty() && !board.modem)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "board ", board.name,
        " is virtual: loader_port, control and lines come with it"));
  }
  if (!board.control.empty() && board.modem) {
    return absl::InvalidArgumentError(absl::StrCat(
        "board ", board.name, " has both control and lines, wanted one"));
  }
  if (!board.virtual_board && board.loader_port.empty() &&
      !kind->bootloader.shares_console) {
    return absl::InvalidArgumentError(absl::StrCat(
        "board ", board.name, " needs loader_port: the ROM bootloader of ",
        kind->id, " does not listen on the console's pins"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<AgentConfig> ParseConfig(std::string_view yaml,
                                        const std::string& file_name) {
  YAML::Node root;
  try {
    root = YAML::Load(std::string(yaml));
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(
        absl::StrCat(file_name, ":", error.mark.line + 1, ": ", error.msg));
  }
  StrictMap map(root, file_name, "the file");
  AgentConfig config;
  config.server = map.Text("server", config.server);
  config.agent_id = map.Text("agent");
  config.state_dir = map.Text("state_dir");
  config.cache_limit_mb =
      map.Number("cache_limit_mb", 1, 1'000'000, config.cache_limit_mb);
  const auto boards = map.Take("boards");
  RETURN_IF_ERROR(map.Finish());
  if (boards && !boards.IsSequence()) {
    map.Fail(boards, "boards is not a list (- name: ...)");
    return map.Finish();
  }
  for (const auto& node : boards) {
    ASSIGN_OR_RETURN(auto board, ParseEntry(node, file_name));
    config.boards.push_back(std::move(board));
  }
  return config;
}

absl::StatusOr<BoardEntry> ParseBoardShorthand(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("--board ", text, ": wanted NAME=BOARD[:virtual]"));
  }
  BoardEntry board;
  board.name = text.substr(0, equals);
  board.board = text.substr(equals + 1);
  const size_t colon = board.board.find(':');
  if (colon != std::string::npos) {
    if (board.board.substr(colon) != ":virtual") {
      return absl::InvalidArgumentError(
          absl::StrCat("--board ", text,
                       ": wanted :virtual behind the board; real boards "
                       "go into a config file"));
    }
    board.board.resize(colon);
  }
  board.virtual_board.emplace();
  return board;
}

absl::Status CheckConfig(const AgentConfig& config) {
  if (!IsName(config.agent_id)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "agent id '", config.agent_id, "' is not 1 to 64 of [A-Za-z0-9_.-]"));
  }
  RETURN_IF_ERROR(
      base::WithContext(base::ParseHostPort(config.server).status(), "server"));
  if (config.boards.empty() || config.boards.size() > kMaxBoards) {
    return absl::InvalidArgumentError(absl::StrCat(
        config.boards.size(), " boards configured, wanted 1 to ", kMaxBoards,
        ": use boards: in the config file, or --board NAME=BOARD"));
  }
  std::set<std::string> names;
  for (const BoardEntry& board : config.boards) {
    RETURN_IF_ERROR(CheckEntry(board));
    if (!names.insert(board.name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("two boards have the name ", board.name));
    }
  }
  return absl::OkStatus();
}

std::string DefaultStateDir(const std::string& agent_id) {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  std::string root = variable("TINYRIG_STATE");
  if (root.empty()) {
    const std::string xdg = variable("XDG_STATE_HOME");
    root =
        (xdg.empty() ? variable("HOME") + "/.local/state" : xdg) + "/tinyrig";
  }
  return root + "/agent-" + agent_id;
}

std::string DefaultAgentId() {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0 || !IsName(name)) {
    return "agent";
  }
  return std::string(name).substr(0, 64);
}

}  // namespace tinyrig::agent
