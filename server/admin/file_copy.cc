#include "server/admin/file_copy.h"

#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <vector>

#include "base/file.h"
#include "base/sha256_stream.h"
#include "base/unique_fd.h"
#include <sys/statvfs.h>

namespace tinyrig::server {
namespace {

namespace fs = std::filesystem;

constexpr size_t kChunkBytes = 1 << 20;

absl::Status WriteAll(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return base::ErrnoStatus(errno, "write " + path.string());
    }
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

absl::Status ForEachChunk(
    const fs::path& path,
    const std::function<absl::Status(std::string_view)>& see) {
  const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) {
    return base::ErrnoStatus(errno, "open " + path.string());
  }
  std::vector<char> chunk(kChunkBytes);
  while (true) {
    const ssize_t n = ::read(fd.get(), chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return base::ErrnoStatus(errno, "read " + path.string());
    }
    if (n == 0) {
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(see({chunk.data(), static_cast<size_t>(n)}));
  }
}

absl::Status Ticked(const Tick& tick, size_t bytes) {
  return tick(static_cast<int64_t>(bytes))
             ? absl::OkStatus()
             : absl::CancelledError("stopped: the caller has gone");
}

}  // namespace

absl::StatusOr<std::string> HashFile(const fs::path& path, const Tick& tick) {
  base::Sha256Stream hasher;
  RETURN_IF_ERROR(ForEachChunk(path, [&](std::string_view chunk) {
    hasher.Add(chunk);
    return Ticked(tick, chunk.size());
  }));
  return hasher.Hex();
}

absl::StatusOr<std::string> CopyAndHash(const fs::path& from,
                                        const fs::path& to, const Tick& tick) {
  const base::UniqueFd fd(
      ::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd.valid()) {
    return base::ErrnoStatus(errno, "create " + to.string());
  }
  base::Sha256Stream hasher;
  const absl::Status copied = ForEachChunk(from, [&](std::string_view chunk) {
    hasher.Add(chunk);
    RETURN_IF_ERROR(WriteAll(fd.get(), chunk, to));
    return Ticked(tick, chunk.size());
  });
  RETURN_IF_ERROR(copied);
  if (::fsync(fd.get()) != 0) {
    return base::ErrnoStatus(errno, "sync " + to.string());
  }
  return hasher.Hex();
}

absl::Status CopyBlob(const fs::path& from, const fs::path& to,
                      const std::string& sha256, const Tick& tick) {
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  if (error) {
    return base::ErrnoStatus(error.value(),
                             "create " + to.parent_path().string());
  }
  const fs::path temporary = to.string() + ".tmp";
  const absl::StatusOr<std::string> got = CopyAndHash(from, temporary, tick);
  absl::Status status = got.status();
  if (got.ok() && *got != sha256) {
    status = absl::DataLossError(
        absl::StrCat(from.string(), " is damaged: its sha256 is ", *got));
  }
  if (status.ok() && ::rename(temporary.c_str(), to.c_str()) != 0) {
    status = base::ErrnoStatus(errno, "rename to " + to.string());
  }
  if (!status.ok()) {
    ::unlink(temporary.c_str());
    return status;
  }
  return SyncPath(to.parent_path());
}

absl::Status SyncPath(const fs::path& path) {
  const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid() || ::fsync(fd.get()) != 0) {
    return base::ErrnoStatus(errno, "sync " + path.string());
  }
  return absl::OkStatus();
}

absl::Status CheckDiskRoom(const fs::path& folder, int64_t bytes,
                           int64_t reserve_bytes) {
  struct statvfs info {};
  if (::statvfs(folder.c_str(), &info) != 0) {
    return base::ErrnoStatus(errno, "statvfs " + folder.string());
  }
  const auto free_bytes =
      static_cast<int64_t>(info.f_bavail) * static_cast<int64_t>(info.f_frsize);
  if (free_bytes - bytes < reserve_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the disk of ", folder.string(), " is full: ", free_bytes,
                     " bytes free, ", bytes, " wanted and ", reserve_bytes,
                     " kept in reserve"));
  }
  return absl::OkStatus();
}

}  // namespace tinyrig::server
