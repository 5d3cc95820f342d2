// What has to be erased, written and read back to bring an image onto a board,
// as plain data. Pure: no port, no time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "boards/board.h"

namespace tinyrig::agent {

constexpr uint32_t kFlashBlockBytes = 256;  ///< the most that AN3155 takes
/// Blocks end on this: the H7's flash word, the largest unit of our families.
constexpr uint32_t kFlashPadBytes = 32;

/// One write command and one read-back. 32..256 bytes, a multiple of 32.
struct FlashBlock {
  uint32_t address = 0;
  std::vector<uint8_t> bytes;
  uint16_t sector = 0;
};

struct FlashPlan {
  std::vector<uint16_t> sectors;   ///< to erase, in address order
  std::vector<FlashBlock> blocks;  ///< to write, in address order
  int64_t write_bytes = 0;         ///< sum over blocks
};

/// Blocks of the image without those that are all 0xFF (erased flash reads so)
/// and the sectors that the image touches, no others.
///
/// \param image  1 byte or more
/// \param base   where it lies in flash; start of a sector
/// Errors: INVALID_ARGUMENT empty image, base not the start of a sector;
/// FAILED_PRECONDITION the image ends behind the board's flash (bytes named).
absl::StatusOr<FlashPlan> PlanFlash(std::span<const uint8_t> image,
                                    uint32_t base, const boards::Board& board);

}  // namespace tinyrig::agent
