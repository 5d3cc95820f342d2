#include "firmware/tensors.h"

#include <cstring>

#include "proto/wire/frame.h"

namespace tinyrig::firmware {

uint32_t Tensors::bytes() const {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < count_; ++i) {
    sum += tensors_[i].bytes;
  }
  return sum;
}

template <typename Visit>
void Tensors::ForEachPiece(uint32_t offset, size_t size, Visit visit) const {
  for (uint32_t i = 0; i < count_ && size != 0; ++i) {
    const uint32_t tensor_bytes = tensors_[i].bytes;
    if (offset >= tensor_bytes) {
      offset -= tensor_bytes;
      continue;
    }
    const size_t left = tensor_bytes - offset;
    const size_t piece = size < left ? size : left;
    visit(tensors_[i].data + offset, piece);
    size -= piece;
    offset = 0;
  }
}

void Tensors::Write(uint32_t offset, const uint8_t* from, size_t size) const {
  ForEachPiece(offset, size, [&from](uint8_t* data, size_t piece) {
    std::memcpy(data, from, piece);
    from += piece;
  });
}

void Tensors::Read(uint32_t offset, uint8_t* to, size_t size) const {
  ForEachPiece(offset, size, [&to](const uint8_t* data, size_t piece) {
    std::memcpy(to, data, piece);
    to += piece;
  });
}

uint32_t Tensors::Crc32() const {
  uint32_t crc = 0;
  for (uint32_t i = 0; i < count_; ++i) {
    crc = wire::Crc32(tensors_[i].data, tensors_[i].bytes, crc);
  }
  return crc;
}

}  // namespace tinyrig::firmware
