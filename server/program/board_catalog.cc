#include "server/program/board_catalog.h"

#include "boards/board.h"

namespace tinyrig::server {
namespace {

const char* CoreName(boards::CoreType core) {
  switch (core) {
    case boards::CoreType::kCortexM4F:
      return "cortex-m4f";
    case boards::CoreType::kCortexM7Sp:
      return "cortex-m7-sp";
    case boards::CoreType::kCortexM7Dp:
      return "cortex-m7-dp";
  }
  return "";
}

std::optional<v1::BoardKind> FindKind(const std::string& id) {
  const auto board = boards::FindBoard(id);
  if (!board.ok()) {
    return std::nullopt;
  }
  v1::BoardKind kind;
  kind.set_board_id((*board)->id);
  kind.set_display_name((*board)->name);
  kind.set_chip((*board)->chip);
  kind.set_core(CoreName((*board)->core));
  kind.set_clock_hz((*board)->clock_hz);
  kind.set_flash_bytes((*board)->image.flash_bytes);
  kind.set_ram_bytes((*board)->image.ram_bytes);
  return kind;
}

}  // namespace

BoardCatalog KnownBoards() {
  BoardCatalog catalog;
  for (const boards::Board& board : boards::AllBoards()) {
    catalog.ids.push_back(board.id);
  }
  catalog.find = FindKind;
  return catalog;
}

}  // namespace tinyrig::server
