// Lists the boards of a lab: the smallest program on tinyrig::client.
#include <iostream>

#include "client/lab_client.h"

int main(int argc, char** argv) {
  namespace client = tinyrig::client;
  namespace v1 = tinyrig::v1;
  client::LabClient lab(argc > 1 ? argv[1] : client::kDefaultServer);
  const absl::StatusOr<v1::ListBoardsResponse> answer = lab.ListBoards({});
  if (!answer.ok()) {
    std::cerr << answer.status() << "\n";
    return 1;
  }
  for (const v1::Board& board : answer->boards()) {
    std::cout << board.name() << " " << board.board_id() << " "
              << v1::Board::State_Name(board.state()) << "\n";
  }
  std::cout << answer->boards_size() << " boards\n";
  return 0;
}
