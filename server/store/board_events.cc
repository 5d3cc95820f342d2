#include "server/store/board_events.h"

#include <algorithm>

#include "server/store/sqlite_store.h"

namespace tinyrig::server {
namespace {

constexpr size_t kMaxFaultBytes = 200;

// At most so many bytes, and never half a character.
std::string Shortened(const std::string& text) {
  size_t size = std::min(text.size(), kMaxFaultBytes);
  while (size > 0 && size < text.size() &&
         (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80) {
    --size;
  }
  return text.substr(0, size);
}

absl::StatusOr<std::vector<std::string>> BoardsOf(Database& database,
                                                  const std::string& agent_id) {
  // Names begin with "<agent>/"; '0' follows '/'.
  ASSIGN_OR_RETURN(
      Query row, agent_id.empty()
                     ? database.Select("SELECT name FROM boards ORDER BY name")
                     : database.Select("SELECT name FROM boards WHERE name >= "
                                       "? AND name < ? ORDER BY name",
                                       agent_id + "/", agent_id + "0"));
  std::vector<std::string> names;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return names;
    }
    names.push_back(row.Bytes(0));
  }
}

}  // namespace

v1::Board::State KeptState(v1::Board::State state) {
  return state == v1::Board::BUSY ? v1::Board::IDLE : state;
}

absl::Status AddBoardEvent(Database& writer, const std::string& board_name,
                           v1::Board::State state, const std::string& fault,
                           int64_t now_us) {
  const int kept = static_cast<int>(KeptState(state));
  int64_t time_us = now_us;
  {
    ASSIGN_OR_RETURN(
        Query last,
        writer.Select("SELECT state, time_us FROM board_events WHERE "
                      "board_name = ? ORDER BY time_us DESC, id DESC LIMIT 1",
                      board_name));
    ASSIGN_OR_RETURN(const bool found, last.Step());
    if (found && last.Int(0) == kept) {
      return absl::OkStatus();
    }
    time_us = found ? std::max(now_us, last.Int(1)) : now_us;
  }
  RETURN_IF_ERROR(
      writer
          .Run("INSERT INTO board_events (board_name, time_us, state, fault) "
               "VALUES (?, ?, ?, ?)",
               board_name, time_us, kept,
               state == v1::Board::FAULTY ? Shortened(fault) : "")
          .status());
  return writer
      .Run(
          "DELETE FROM board_events WHERE id IN (SELECT id FROM board_events "
          "WHERE board_name = ? ORDER BY time_us DESC, id DESC LIMIT -1 "
          "OFFSET ?)",
          board_name, kMaxBoardEvents)
      .status();
}

absl::Status SqliteStore::SetOffline(const std::string& agent_id,
                                     const std::set<std::string>& present,
                                     int64_t now_us) {
  const std::lock_guard lock(write_mutex_);
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(writer_));
  ASSIGN_OR_RETURN(const auto names, BoardsOf(writer_, agent_id));
  for (const std::string& name : names) {
    if (!present.contains(name)) {
      RETURN_IF_ERROR(
          AddBoardEvent(writer_, name, v1::Board::OFFLINE, "", now_us));
    }
  }
  return transaction.Commit();
}

}  // namespace tinyrig::server
