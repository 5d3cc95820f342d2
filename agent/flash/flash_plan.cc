#include "agent/flash/flash_plan.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace tinyrig::agent {
namespace {

struct Sector {
  uint16_t number = 0;
  uint64_t begin = 0, end = 0;
};

std::vector<Sector> SectorsOf(const boards::Board& board) {
  std::vector<Sector> sectors;
  uint64_t at = board.image.flash_base;
  for (const uint32_t bytes : board.flash.sector_bytes) {
    sectors.push_back({static_cast<uint16_t>(sectors.size()), at, at + bytes});
    at += bytes;
  }
  return sectors;
}

void AddBlock(std::span<const uint8_t> bytes, uint32_t address, uint16_t sector,
              FlashPlan* plan) {
  FlashBlock block{address, {bytes.begin(), bytes.end()}, sector};
  const size_t padded =
      (bytes.size() + kFlashPadBytes - 1) / kFlashPadBytes * kFlashPadBytes;
  block.bytes.resize(padded, 0xFF);
  if (std::ranges::all_of(block.bytes, [](uint8_t b) { return b == 0xFF; })) {
    return;
  }
  plan->write_bytes += static_cast<int64_t>(padded);
  plan->blocks.push_back(std::move(block));
}

}  // namespace

absl::StatusOr<FlashPlan> PlanFlash(std::span<const uint8_t> image,
                                    uint32_t base, const boards::Board& board) {
  if (image.empty()) {
    return absl::InvalidArgumentError("the image has no bytes");
  }
  const auto sectors = SectorsOf(board);
  auto sector = std::ranges::find(sectors, base, &Sector::begin);
  if (sector == sectors.end()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "image base 0x%08X is not the start of a flash sector of %s", base,
        board.id));
  }
  const uint64_t room = sectors.back().end - base;
  if (image.size() > room) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "image needs %d bytes of flash at 0x%08X, %s has %d there",
        image.size(), base, board.id, room));
  }
  FlashPlan plan;
  for (size_t at = 0; at < image.size(); at += kFlashBlockBytes) {
    const auto address = static_cast<uint32_t>(base + at);
    while (address >= sector->end) {
      ++sector;
    }
    if (plan.sectors.empty() || plan.sectors.back() != sector->number) {
      plan.sectors.push_back(sector->number);
    }
    const size_t size = std::min<size_t>(kFlashBlockBytes, image.size() - at);
    AddBlock(image.subspan(at, size), address, sector->number, &plan);
  }
  return plan;
}

}  // namespace tinyrig::agent
