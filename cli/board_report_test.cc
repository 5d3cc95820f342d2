#include "cli/board_report.h"

#include <gtest/gtest.h>

namespace tinyrig::cli {
namespace {

TEST(BoardTable, HasOneRowPerBoard) {
  v1::ListBoardsResponse boards;
  v1::Board& board = *boards.add_boards();
  board.set_name("desk");
  board.set_board_id("nucleo_f746zg");
  board.set_state(v1::Board::BUSY);
  board.set_origin(v1::EMULATED);
  board.set_uid("5649");
  board.set_current_job_id("j-1");
  board.set_finished_job_count(7);
  board.set_erase_count(2);
  EXPECT_EQ(BoardTable(boards).Csv(),
            "board,kind,state,origin,uid,job,jobs,erases,last fault\r\n"
            "desk,nucleo_f746zg,BUSY,EMULATED,5649,j-1,7,2,\r\n");
  EXPECT_TRUE(BoardTable({}).empty());
}

TEST(BoardDetails, NameTheUnitsOfTheKind) {
  v1::Board board;
  board.set_name("desk");
  board.mutable_kind()->set_clock_hz(216'000'000);
  board.mutable_kind()->set_flash_bytes(1 << 20);
  board.mutable_kind()->set_ram_bytes(320 << 10);
  const std::string csv = BoardDetails(board).Csv();
  EXPECT_NE(csv.find("clock,216 MHz\r\nflash,\"1.00 MB (1,048,576)\"\r\n"
                     "SRAM,\"320.0 KB (327,680)\"\r\n"),
            std::string::npos)
      << csv;
}

TEST(KindReport, IsTheBoardFileForPeople) {
  boards::Board kind;
  kind.id = "x";
  kind.name = "Board X";
  kind.chip = "STM32X";
  kind.clock_hz = 100'000'000;
  kind.image.flash_bytes = 1 << 20;
  kind.image.ram_bytes = 2048;
  kind.icache_bytes = 4096;
  EXPECT_EQ(
      KindReport(kind),
      "x (Board X)\n  chip         STM32X\n  clock        100 MHz\n"
      "  flash        1.00 MB (1,048,576)\n  SRAM         2.0 KB (2,048)\n"
      "  caches       I 4.0 KB, D 0 B\n");
}

}  // namespace
}  // namespace tinyrig::cli
