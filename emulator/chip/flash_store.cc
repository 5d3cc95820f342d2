#include "emulator/chip/flash_store.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "base/file.h"
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace tinyrig::emulator {
namespace {

constexpr uint8_t kErased = 0xFF;

absl::StatusOr<base::UniqueFd> OpenMemory(uint32_t size_bytes) {
  base::UniqueFd fd(memfd_create("flash", MFD_CLOEXEC));
  if (!fd.valid() || ftruncate(fd.get(), size_bytes) != 0) {
    return base::ErrnoStatus(errno, "memory for the flash");
  }
  return fd;
}

absl::StatusOr<base::UniqueFd> OpenFile(const std::string& path,
                                        uint32_t size_bytes) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    const std::vector<uint8_t> erased(size_bytes, kErased);
    RETURN_IF_ERROR(base::WithContext(base::WriteFileAtomic(path, erased),
                                      "making the flash file"));
  }
  base::UniqueFd fd(open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd.valid()) {
    return base::ErrnoStatus(errno, "flash file " + path);
  }
  struct stat info = {};
  if (fstat(fd.get(), &info) != 0) {
    return base::ErrnoStatus(errno, "flash file " + path);
  }
  if (!S_ISREG(info.st_mode) || info.st_size != off_t{size_bytes}) {
    return absl::DataLossError(absl::StrCat(
        "flash file ", path, " has ", static_cast<int64_t>(info.st_size),
        " bytes, this board's flash has ", size_bytes,
        ": name another file or remove this one"));
  }
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "flash file ", path, " is in use by another virtual board"));
  }
  return fd;
}

}  // namespace

absl::StatusOr<std::unique_ptr<FlashStore>> FlashStore::Open(
    std::vector<uint32_t> sector_bytes, const std::string& path) {
  const uint32_t size_bytes =
      std::accumulate(sector_bytes.begin(), sector_bytes.end(), 0u);
  ASSIGN_OR_RETURN(base::UniqueFd fd, path.empty()
                                          ? OpenMemory(size_bytes)
                                          : OpenFile(path, size_bytes));
  void* data = mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
                    fd.get(), 0);
  if (data == MAP_FAILED) {
    return base::ErrnoStatus(errno, "mapping the flash");
  }
  if (path.empty()) {
    std::fill_n(static_cast<uint8_t*>(data), size_bytes, kErased);
  }
  return std::unique_ptr<FlashStore>(
      new FlashStore(std::move(sector_bytes), std::move(fd),
                     static_cast<uint8_t*>(data), size_bytes));
}

FlashStore::FlashStore(std::vector<uint32_t> sector_bytes, base::UniqueFd fd,
                       uint8_t* data, uint32_t size_bytes)
    : sector_bytes_(std::move(sector_bytes)),
      erase_counts_(sector_bytes_.size()),
      fd_(std::move(fd)),
      data_(data),
      size_bytes_(size_bytes) {}

FlashStore::~FlashStore() {
  munmap(data_, size_bytes_);
}

uint32_t FlashStore::SectorOffset(size_t sector) const {
  return std::accumulate(
      sector_bytes_.begin(),
      sector_bytes_.begin() + static_cast<std::ptrdiff_t>(sector), 0u);
}

size_t FlashStore::SectorAt(uint32_t offset) const {
  size_t sector = 0;
  while (offset >= sector_bytes_[sector]) {
    offset -= sector_bytes_[sector++];
  }
  return sector;
}

void FlashStore::Program(uint32_t offset, std::span<const uint8_t> bytes) {
  TINYRIG_CHECK(offset + bytes.size() <= size_bytes_);
  for (size_t i = 0; i < bytes.size(); ++i) {
    data_[offset + i] &= bytes[i];
  }
}

void FlashStore::EraseSector(size_t sector) {
  std::fill_n(data_ + SectorOffset(sector), sector_bytes_[sector], kErased);
  ++erase_counts_[sector];
}

void FlashStore::EraseAll() {
  for (size_t sector = 0; sector < sector_bytes_.size(); ++sector) {
    EraseSector(sector);
  }
}

void FlashStore::EraseHalf(size_t sector) {
  std::fill_n(data_ + SectorOffset(sector), sector_bytes_[sector] / 2, kErased);
  ++erase_counts_[sector];
}

}  // namespace tinyrig::emulator
