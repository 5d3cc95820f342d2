// The flash cells: bytes that only erasing sets to 1, sector by sector, with
// an erase counter each. Kept in a file or in memory; the file is mapped, so
// what was programmed survives a SIGKILL of the process.
//
// The file is the plain contents of the flash, nothing else, and exactly as
// long. Erase counters are not stored.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/unique_fd.h"

namespace tinyrig::emulator {

class FlashStore {
 public:
  /// \param sector_bytes  in address order; their sum is the flash's size
  /// \param path          empty: in memory only. A missing file is made, erased
  /// Errors: DATA_LOSS the file has another size; FAILED_PRECONDITION another
  /// process uses it; RESOURCE_EXHAUSTED disk full; UNAVAILABLE not writable.
  static absl::StatusOr<std::unique_ptr<FlashStore>> Open(
      std::vector<uint32_t> sector_bytes, const std::string& path);
  ~FlashStore();
  FlashStore(const FlashStore&) = delete;
  FlashStore& operator=(const FlashStore&) = delete;

  [[nodiscard]] uint8_t* data() const { return data_; }
  [[nodiscard]] uint32_t size_bytes() const { return size_bytes_; }
  /// For mapping the same cells at a second place (the boot alias).
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] size_t sector_count() const { return sector_bytes_.size(); }
  [[nodiscard]] uint32_t SectorOffset(size_t sector) const;
  [[nodiscard]] uint32_t SectorBytes(size_t sector) const {
    return sector_bytes_[sector];
  }
  /// The sector that holds `offset`.
  [[nodiscard]] size_t SectorAt(uint32_t offset) const;

  /// Programs: every bit becomes old AND new. In range, or it is our bug.
  void Program(uint32_t offset, std::span<const uint8_t> bytes);
  void EraseSector(size_t sector);
  void EraseAll();
  /// Power lost half-way: the first half of the sector is erased.
  void EraseHalf(size_t sector);
  [[nodiscard]] const std::vector<uint32_t>& erase_counts() const {
    return erase_counts_;
  }

 private:
  FlashStore(std::vector<uint32_t> sector_bytes, base::UniqueFd fd,
             uint8_t* data, uint32_t size_bytes);

  std::vector<uint32_t> sector_bytes_;
  std::vector<uint32_t> erase_counts_;
  base::UniqueFd fd_;
  uint8_t* data_ = nullptr;
  uint32_t size_bytes_ = 0;
};

}  // namespace tinyrig::emulator
