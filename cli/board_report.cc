#include "cli/board_report.h"

#include "cli/units.h"
#include <fmt/format.h>

namespace tinyrig::cli {

Table BoardTable(const v1::ListBoardsResponse& boards) {
  Table table({"board", "kind", "state", "origin", "uid", "job", ">jobs",
               ">erases", "last fault"});
  for (const v1::Board& board : boards.boards()) {
    table.Row(
        {board.name(), board.board_id(), v1::Board::State_Name(board.state()),
         v1::Origin_Name(board.origin()), board.uid(), board.current_job_id(),
         std::to_string(board.finished_job_count()),
         std::to_string(board.erase_count()), board.last_fault()});
  }
  return table;
}

Table BoardDetails(const v1::Board& board) {
  Table table({"field", "value"});
  table.Row({"board", board.name()});
  table.Row({"kind", board.board_id()});
  table.Row({"state", v1::Board::State_Name(board.state())});
  table.Row({"origin", v1::Origin_Name(board.origin())});
  table.Row({"uid", board.uid()});
  table.Row({"agent", board.agent_id()});
  table.Row({"job", board.current_job_id()});
  table.Row({"last fault", board.last_fault()});
  table.Row({"chip", board.kind().chip()});
  table.Row(
      {"clock", fmt::format("{} MHz", board.kind().clock_hz() / 1000000)});
  table.Row({"flash", Bytes(board.kind().flash_bytes())});
  table.Row({"SRAM", Bytes(board.kind().ram_bytes())});
  return table;
}

std::string KindReport(const boards::Board& kind) {
  return fmt::format(
      "{} ({})\n  chip         {}\n  clock        {} MHz\n"
      "  flash        {}\n  SRAM         {}\n"
      "  caches       I {}, D {}\n",
      kind.id, kind.name, kind.chip, kind.clock_hz / 1'000'000,
      Bytes(kind.image.flash_bytes), Bytes(kind.image.ram_bytes),
      ShortBytes(kind.icache_bytes), ShortBytes(kind.dcache_bytes));
}

}  // namespace tinyrig::cli
