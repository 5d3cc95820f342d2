#include "cli/text_file.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>
#include <utility>

#include "base/file.h"

namespace tinyrig::cli {

absl::StatusOr<TextFile> TextFile::Open(const std::string& path, bool force) {
  if (path.empty() || path == "-") {
    return TextFile(STDOUT_FILENO, "", "");
  }
  std::error_code error;
  if (!force && std::filesystem::exists(path, error)) {
    return absl::AlreadyExistsError(
        absl::StrCat(path, " is there already; --force overwrites it"));
  }
  const std::string part = absl::StrCat(path, ".part-", ::getpid());
  const int fd =
      ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) {
    return base::ErrnoStatus(errno, absl::StrCat("write ", part));
  }
  return TextFile(fd, path, part);
}

TextFile::TextFile(TextFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::move(other.path_)),
      part_(std::exchange(other.part_, "")),
      reader_gone_(other.reader_gone_) {}

TextFile::~TextFile() {
  if (fd_ >= 0 && !part_.empty()) {
    ::close(fd_);
    ::unlink(part_.c_str());
  }
}

absl::Status TextFile::Write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd_, text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<size_t>(n));
    } else if (errno == EPIPE && part_.empty()) {
      reader_gone_ = true;
      return absl::OkStatus();
    } else if (errno != EINTR) {
      return base::ErrnoStatus(
          errno, part_.empty() ? "write to standard output" : "write " + part_);
    }
  }
  return absl::OkStatus();
}

absl::Status TextFile::Commit() {
  if (part_.empty()) {
    return absl::OkStatus();
  }
  if (::fsync(fd_) != 0 || ::rename(part_.c_str(), path_.c_str()) != 0) {
    return base::ErrnoStatus(errno, "write " + path_);
  }
  ::close(std::exchange(fd_, -1));
  return absl::OkStatus();
}

}  // namespace tinyrig::cli
