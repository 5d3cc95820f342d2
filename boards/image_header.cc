#include "boards/image_header.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_format.h"

#include "base/sha256.h"
#include "proto/abi/model.h"

namespace tinyrig::boards {
namespace {

constexpr uint32_t kHeaderVersion = 1;
constexpr size_t kProgramUnitBytes = 8;

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

absl::StatusOr<TinyrigImageHeader> ReadHeader(std::span<const uint8_t> image) {
  TinyrigImageHeader header;
  const size_t least = TINYRIG_IMAGE_HEADER_OFFSET + sizeof(header);
  if (image.size() < least) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "image: %u bytes, an image with a header has at least %u", image.size(),
        least));
  }
  std::memcpy(&header, image.data() + TINYRIG_IMAGE_HEADER_OFFSET,
              sizeof(header));
  if (header.magic != TINYRIG_IMAGE_MAGIC ||
      header.header_version != kHeaderVersion) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "image: no header of version %u at offset 0x%x (magic %08x, version "
        "%u)",
        kHeaderVersion, TINYRIG_IMAGE_HEADER_OFFSET, header.magic,
        header.header_version));
  }
  return header;
}

/// SHA-256 with the hash field zero.
std::array<uint8_t, 32> HashOf(std::span<const uint8_t> image) {
  std::vector<uint8_t> copy(image.begin(), image.end());
  std::memset(copy.data() + TINYRIG_IMAGE_HEADER_OFFSET +
                  offsetof(TinyrigImageHeader, hash),
              0, sizeof(TinyrigImageHeader::hash));
  return base::Sha256(copy);
}

}  // namespace

absl::Status FillImageHeader(std::vector<uint8_t>* image) {
  ASSIGN_OR_RETURN(TinyrigImageHeader header, ReadHeader(*image));
  image->resize((image->size() + kProgramUnitBytes - 1) / kProgramUnitBytes *
                    kProgramUnitBytes,
                0xFF);
  header.image_bytes = static_cast<uint32_t>(image->size());
  uint8_t* const at = image->data() + TINYRIG_IMAGE_HEADER_OFFSET;
  std::memcpy(at, &header, sizeof(header));
  const std::array<uint8_t, 32> hash = HashOf(*image);
  std::memcpy(at + offsetof(TinyrigImageHeader, hash), hash.data(),
              hash.size());
  return absl::OkStatus();
}

absl::StatusOr<std::array<uint8_t, 32>> CheckImageHeader(
    std::span<const uint8_t> image) {
  ASSIGN_OR_RETURN(const TinyrigImageHeader header, ReadHeader(image));
  if (header.image_bytes != image.size()) {
    return absl::DataLossError(
        absl::StrFormat("image: %u bytes, its header says %u", image.size(),
                        header.image_bytes));
  }
  const std::array<uint8_t, 32> hash = HashOf(image);
  if (!std::equal(hash.begin(), hash.end(), header.hash)) {
    return absl::DataLossError(absl::StrCat(
        "image: its bytes hash to ", base::Hex(hash), ", its header says ",
        base::Hex(std::span(header.hash, sizeof(header.hash)))));
  }
  return hash;
}

}  // namespace tinyrig::boards
