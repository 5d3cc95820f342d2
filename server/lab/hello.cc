#include "server/lab/hello.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_join.h"

namespace tinyrig::server {
namespace {

absl::Status Bad(std::string_view field, std::string_view got,
                 std::string_view wanted) {
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(field), ": \"", std::string(got.substr(0, 80)),
                   "\", ", std::string(wanted), " wanted"));
}

bool IsUid(const std::string& uid) {
  return uid.size() == 24 &&
         uid.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
         });
}

absl::Status CheckAgentBoard(const v1::AgentBoard& board,
                             const BoardCatalog& boards) {
  if (!IsName(board.name())) {
    return Bad("board name", board.name(), "1..64 of A-Z a-z 0-9 _ . - are");
  }
  if (!boards.find(board.board_id())) {
    return Bad("board_id", board.board_id(),
               absl::StrCat("one of ", absl::StrJoin(boards.ids, ", "), " is"));
  }
  if (!board.uid().empty() && !IsUid(board.uid())) {
    return Bad("uid", board.uid(), "24 lower-case hex digits are");
  }
  if (board.state() < v1::Board::IDLE || board.state() > v1::Board::DISABLED) {
    return Bad("board state", v1::Board::State_Name(board.state()),
               "IDLE, BUSY, FAULTY or DISABLED is");
  }
  return absl::OkStatus();
}

absl::Status CheckHello(const v1::AgentHello& hello,
                        const BoardCatalog& boards) {
  if (!IsName(hello.agent_id())) {
    return Bad("agent_id", hello.agent_id(), "1..64 of A-Z a-z 0-9 _ . - are");
  }
  if (hello.instance_id().empty() || hello.instance_id().size() > 128) {
    return Bad("instance_id", hello.instance_id(), "1..128 characters are");
  }
  if (hello.boards_size() > kMaxBoardsPerAgent) {
    return Bad("boards", absl::StrCat(hello.boards_size()),
               absl::StrCat("at most ", kMaxBoardsPerAgent, " are"));
  }
  if (hello.held_size() > kMaxHeldLeases) {
    return Bad("held", absl::StrCat(hello.held_size()),
               absl::StrCat("at most ", kMaxHeldLeases, " are"));
  }
  std::set<std::string> names;
  for (const v1::AgentBoard& board : hello.boards()) {
    RETURN_IF_ERROR(CheckAgentBoard(board, boards));
    if (!names.insert(board.name()).second) {
      return Bad("board name", board.name(), "a name that is used once is");
    }
  }
  return absl::OkStatus();
}

}  // namespace tinyrig::server
