// The health of boards over time: a row of board_events when a board's state
// changes between OFFLINE, up, FAULTY and DISABLED.
#pragma once

#include <cstdint>
#include <string>

#include "server/store/sqlite.h"
#include "tinyrig/v1/board.pb.h"

namespace tinyrig::server {

/// So many newest events of each board are kept.
inline constexpr int64_t kMaxBoardEvents = 10'000;

/// IDLE stands for BUSY too: leases tell these two apart.
v1::Board::State KeptState(v1::Board::State state);

/// Adds an event if `state` is news, and drops the oldest beyond the limit.
/// `fault` is kept (200 bytes of it) when the state is FAULTY. The caller holds
/// a transaction. A clock that was set back makes events of the same time.
absl::Status AddBoardEvent(Database& writer, const std::string& board_name,
                           v1::Board::State state, const std::string& fault,
                           int64_t now_us);

}  // namespace tinyrig::server
