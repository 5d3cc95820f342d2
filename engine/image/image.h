// Generated source + a board's firmware -> one flashable image.
//
//   model.cc, data.S --arm-none-eabi-g++--> model.o, data.o
//   + share/firmware/<board>/libfirmware.a, link.ld --> image.elf
//   --objcopy--> bytes from flash_base on, header filled
//   (boards/image_header.h)
//
// It never looks into the model; what does not fit is said in bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/status.h"
#include "boards/board.h"
#include "engine/emit/model_source.h"
#include "tinyrig/v1/common.pb.h"

namespace tinyrig::engine::image {

struct ImageOptions {
  std::filesystem::path share_folder;  ///< kernels, ABI, firmware
  std::filesystem::path work_folder;   ///< exists; sources and objects go there
  std::string optimize = "speed";      ///< or "size"
};

struct BuiltImage {
  std::vector<uint8_t> bytes;  ///< header filled
  std::string hash;            ///< the header's hash, hex
  std::string firmware_version;
  std::string compiler;  ///< first line of --version
  std::string compiler_flags;
  v1::FlashUsage flash;
  v1::MemoryUsage memory;
};

/// What can be known to be too much before anything is compiled.
/// Errors: FAILED_PRECONDITION, bytes needed and bytes there, for SRAM and
/// flash each.
absl::Status CheckFits(const boards::Board& board, int64_t arena_bytes,
                       int64_t constant_bytes);

/// Errors: FAILED_PRECONDITION it does not fit the board (as above, now from
/// the linker); UNAVAILABLE the toolchain or the share folder is not there;
/// DEADLINE_EXCEEDED, INTERNAL the compiler failed (what it said).
absl::StatusOr<BuiltImage> BuildImage(const emit::ModelSource& source,
                                      int64_t arena_bytes,
                                      const boards::Board& board,
                                      const ImageOptions& options);

}  // namespace tinyrig::engine::image
