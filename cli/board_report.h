// What `tinyrig board` prints. Pure.
#pragma once

#include <string>

#include "boards/board.h"
#include "cli/table.h"
#include "tinyrig/v1/board.pb.h"
#include "tinyrig/v1/lab_service.pb.h"

namespace tinyrig::cli {

/// One row per board.
Table BoardTable(const v1::ListBoardsResponse& boards);

/// One board, a row per field.
Table BoardDetails(const v1::Board& board);

/// The data of a board kind, as its file in boards/ says.
std::string KindReport(const boards::Board& kind);

}  // namespace tinyrig::cli
