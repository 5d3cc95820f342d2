// Sizes of the sections of a 32-bit little-endian ELF file, as our own linker
// writes them. Nothing else of ELF.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace tinyrig::engine::image {

struct Section {
  std::string name;
  uint32_t address = 0;
  uint32_t bytes = 0;
  bool allocated = false;  ///< takes memory on the chip
  bool has_bytes = false;  ///< takes flash (not NOBITS)
};

/// Errors: DATA_LOSS not such a file, or an offset leaves it.
absl::StatusOr<std::vector<Section>> ReadSections(std::span<const uint8_t> elf);

/// Bytes of the section of that name; 0 when there is none.
uint32_t SectionBytes(const std::vector<Section>& sections,
                      std::string_view name);

}  // namespace tinyrig::engine::image
