// Where an export goes: standard output, or a file that is there as a whole or
// not at all.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace tinyrig::cli {

class TextFile {
 public:
  /// Empty or "-": standard output. ALREADY_EXISTS without `force`.
  static absl::StatusOr<TextFile> Open(const std::string& path, bool force);
  TextFile(TextFile&& other) noexcept;
  TextFile& operator=(TextFile&&) = delete;
  ~TextFile();

  /// RESOURCE_EXHAUSTED: the disk is full.
  absl::Status Write(std::string_view text);
  /// Whoever read standard output has gone: no error, and nothing to go on for.
  [[nodiscard]] bool reader_gone() const { return reader_gone_; }
  /// Without it the file does not appear.
  absl::Status Commit();

 private:
  TextFile(int fd, std::string path, std::string part)
      : fd_(fd), path_(std::move(path)), part_(std::move(part)) {}
  int fd_;
  std::string path_, part_;  ///< empty: standard output
  bool reader_gone_ = false;
};

}  // namespace tinyrig::cli
