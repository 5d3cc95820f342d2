// The image's own header at a fixed place in flash; the image builder fills
// length and hash (boards/image_header.h).
#include "firmware/hal.h"
#include "tinyrig_board.h"

#ifndef TINYRIG_FIRMWARE_VERSION
#error "the build sets TINYRIG_FIRMWARE_VERSION"
#endif

namespace tinyrig {
namespace {

template <size_t kTo, size_t kFrom>
constexpr void CopyText(char (&to)[kTo], const char (&from)[kFrom]) {
  static_assert(kFrom <= kTo);
  for (size_t i = 0; i < kFrom; ++i) {
    to[i] = from[i];
  }
}

constexpr TinyrigImageHeader MakeHeader() {
  TinyrigImageHeader header = {};
  header.magic = TINYRIG_IMAGE_MAGIC;
  header.header_version = 1;
  CopyText(header.board_id, board::kId);
  CopyText(header.firmware_version, TINYRIG_FIRMWARE_VERSION);
  return header;
}

// volatile: the compiler must not believe the zeros that it sees here.
[[gnu::section(".image_header"),
  gnu::used]] const volatile TinyrigImageHeader image_header = MakeHeader();

}  // namespace

const TinyrigImageHeader& hal::ImageHeader() {
  return const_cast<const TinyrigImageHeader&>(image_header);
}

}  // namespace tinyrig
