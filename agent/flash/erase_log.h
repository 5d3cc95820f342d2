// How often each board's flash sectors were erased, kept in the agent's state
// folder: a sector is good for 10 000 times (DS10916, DS11139).
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/status.h"

namespace tinyrig::agent {

class EraseLog {
 public:
  /// \param file one decimal number; made when first needed
  explicit EraseLog(std::filesystem::path file) : file_(std::move(file)) {}
  /// Sum of sector erases; 0 without a file or with an unreadable one.
  [[nodiscard]] int64_t Count() const;
  /// Errors: RESOURCE_EXHAUSTED the disk is full; UNAVAILABLE.
  absl::Status Add(int64_t sectors);

 private:
  std::filesystem::path file_;
};

}  // namespace tinyrig::agent
