#include "base/file.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <utility>

#include "base/unique_fd.h"
#include <sys/stat.h>

namespace tinyrig::base {
namespace {

absl::Status WriteAll(int fd, std::span<const uint8_t> bytes,
                      const std::string& path) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return ErrnoStatus(errno, "write " + path);
    }
    done += static_cast<size_t>(n);
  }
  if (::fsync(fd) != 0) {
    return ErrnoStatus(errno, "sync " + path);
  }
  return absl::OkStatus();
}

// A rename is only durable when the folder that holds it is.
void SyncFolder(const std::filesystem::path& folder) {
  const UniqueFd fd(::open(folder.empty() ? "." : folder.c_str(),
                           O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.valid()) {
    ::fsync(fd.get());
  }
}

}  // namespace

absl::Status ErrnoStatus(int error_number, std::string_view what) {
  const std::string message =
      absl::StrCat(std::string(what), ": ", std::strerror(error_number));
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return absl::ResourceExhaustedError(message);
    case ENOENT:
      return absl::NotFoundError(message);
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(message);
    default:
      return absl::UnavailableError(message);
  }
}

absl::StatusOr<std::vector<uint8_t>> ReadFile(const std::filesystem::path& path,
                                              uint64_t limit_bytes) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) {
    return ErrnoStatus(errno, "open " + path.string());
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) {
    return ErrnoStatus(errno, "stat " + path.string());
  }
  if (S_ISDIR(info.st_mode)) {
    return absl::InvalidArgumentError(path.string() +
                                      ": is a folder, a file is wanted");
  }
  std::vector<uint8_t> bytes;
  bytes.reserve(static_cast<size_t>(info.st_size));
  uint8_t chunk[65536];
  while (true) {
    const ssize_t n = ::read(fd.get(), chunk, sizeof chunk);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return ErrnoStatus(errno, "read " + path.string());
    }
    if (n == 0) {
      return bytes;
    }
    bytes.insert(bytes.end(), chunk, chunk + n);
    if (bytes.size() > limit_bytes) {
      return absl::ResourceExhaustedError(absl::StrCat(
          path.string(), ": larger than the limit of ", limit_bytes, " bytes"));
    }
  }
}

absl::StatusOr<std::string> ReadTextFile(const std::filesystem::path& path,
                                         uint64_t limit_bytes) {
  ASSIGN_OR_RETURN(const auto bytes, ReadFile(path, limit_bytes));
  return std::string(bytes.begin(), bytes.end());
}

absl::Status WriteFileAtomic(const std::filesystem::path& path,
                             std::span<const uint8_t> bytes) {
  std::string temporary = path.string() + ".tmp.XXXXXX";
  UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.valid()) {
    return ErrnoStatus(errno, "create " + temporary);
  }
  ::fchmod(fd.get(), 0644);
  absl::Status status = WriteAll(fd.get(), bytes, temporary);
  fd.Reset();
  if (status.ok() && ::rename(temporary.c_str(), path.c_str()) != 0) {
    status = ErrnoStatus(errno, "rename to " + path.string());
  }
  if (!status.ok()) {
    ::unlink(temporary.c_str());
    return status;
  }
  SyncFolder(path.parent_path());
  return absl::OkStatus();
}

absl::Status WriteFileAtomic(const std::filesystem::path& path,
                             std::string_view text) {
  return WriteFileAtomic(
      path,
      std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

absl::StatusOr<TempDir> TempDir::Create(std::string_view prefix) {
  const char* root = std::getenv("TMPDIR");
  std::string pattern = absl::StrCat(root != nullptr ? root : "/tmp", "/",
                                     std::string(prefix), ".XXXXXX");
  if (::mkdtemp(pattern.data()) == nullptr) {
    return ErrnoStatus(errno, "create folder " + pattern);
  }
  return TempDir(pattern);
}

TempDir::TempDir(TempDir&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

TempDir& TempDir::operator=(TempDir&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

TempDir::~TempDir() {
  if (!path_.empty()) {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
}

}  // namespace tinyrig::base
