// What an agent says of itself, checked. Pure; thread-safe.
#pragma once

#include "base/status.h"
#include "server/lab/lab.h"
#include "tinyrig/v1/agent_service.pb.h"

namespace tinyrig::server {

inline constexpr int kMaxBoardsPerAgent = 256;
inline constexpr int kMaxHeldLeases = 1024;

/// INVALID_ARGUMENT names the field: agent_id and board names are 1..64 of
/// A-Z a-z 0-9 _ . -, instance_id 1..128 characters, board_id a known kind, uid
/// empty or 24 lower-case hex digits.
absl::Status CheckHello(const v1::AgentHello& hello,
                        const BoardCatalog& boards);
absl::Status CheckAgentBoard(const v1::AgentBoard& board,
                             const BoardCatalog& boards);

/// True for 1..64 of A-Z a-z 0-9 _ . -
bool IsName(std::string_view text);

}  // namespace tinyrig::server
