#include "engine/image/elf_sections.h"

#include <algorithm>
#include <cstring>
#include <elf.h>

#include "absl/strings/str_cat.h"

namespace tinyrig::engine::image {
namespace {

// A struct at an offset; false when it leaves the file.
template <class T>
bool ReadAt(std::span<const uint8_t> elf, uint64_t offset, T* to) {
  if (offset > elf.size() || elf.size() - offset < sizeof(T)) {
    return false;
  }
  std::memcpy(to, elf.data() + offset, sizeof(T));
  return true;
}

std::string NameAt(std::span<const uint8_t> elf, const Elf32_Shdr& names,
                   uint32_t offset) {
  const uint64_t begin = uint64_t{names.sh_offset} + offset;
  const uint64_t end =
      std::min<uint64_t>(elf.size(), uint64_t{names.sh_offset} + names.sh_size);
  std::string name;
  for (uint64_t at = begin; at < end && elf[at] != 0; ++at) {
    name.push_back(static_cast<char>(elf[at]));
  }
  return name;
}

absl::Status Broken(std::string_view what) {
  return absl::DataLossError(
      absl::StrCat("linked ELF file: ", std::string(what)));
}

}  // namespace

absl::StatusOr<std::vector<Section>> ReadSections(
    std::span<const uint8_t> elf) {
  Elf32_Ehdr header;
  if (!ReadAt(elf, 0, &header) ||
      std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != ELFCLASS32 ||
      header.e_ident[EI_DATA] != ELFDATA2LSB) {
    return Broken("not 32-bit little-endian ELF");
  }
  const auto at = [&](uint32_t index) {
    return uint64_t{header.e_shoff} + uint64_t{index} * sizeof(Elf32_Shdr);
  };
  Elf32_Shdr names;
  if (!ReadAt(elf, at(header.e_shstrndx), &names)) {
    return Broken("section names lie outside");
  }
  std::vector<Section> sections;
  for (uint32_t i = 0; i < header.e_shnum; ++i) {
    Elf32_Shdr section;
    if (!ReadAt(elf, at(i), &section)) {
      return Broken(absl::StrCat("section ", i, " lies outside"));
    }
    sections.push_back({NameAt(elf, names, section.sh_name), section.sh_addr,
                        section.sh_size, (section.sh_flags & SHF_ALLOC) != 0,
                        section.sh_type != SHT_NOBITS});
  }
  return sections;
}

uint32_t SectionBytes(const std::vector<Section>& sections,
                      std::string_view name) {
  for (const Section& section : sections) {
    if (section.name == name) {
      return section.bytes;
    }
  }
  return 0;
}

}  // namespace tinyrig::engine::image
