// The image header of proto/abi/model.h as the image builder completes it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"

namespace tinyrig::boards {

/// Fills image_bytes and hash of a flashable image (`objcopy -O binary`), whose
/// header lies TINYRIG_IMAGE_HEADER_OFFSET bytes in. The image is padded with
/// 0xFF to a multiple of 8 bytes first, so that every flash can program it.
/// Errors: INVALID_ARGUMENT too short, no header magic, unknown version.
absl::Status FillImageHeader(std::vector<uint8_t>* image);

/// The hash of a completed image. Errors: as above; DATA_LOSS image_bytes or
/// the hash does not match the bytes.
absl::StatusOr<std::array<uint8_t, 32>> CheckImageHeader(
    std::span<const uint8_t> image);

}  // namespace tinyrig::boards
