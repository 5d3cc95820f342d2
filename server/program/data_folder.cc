#include "server/program/data_folder.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <system_error>

#include "base/file.h"
#include "server/admin/restore.h"
#include <sys/file.h>

namespace tinyrig::server {

namespace fs = std::filesystem;

absl::StatusOr<base::UniqueFd> DataFolder::Lock(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) {
    return base::ErrnoStatus(error.value(), "create " + path.string());
  }
  const std::string lock = (path / "lock").string();
  base::UniqueFd fd(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!fd.valid()) {
    return base::ErrnoStatus(errno, "open " + lock);
  }
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError(
        "data folder " + path.string() +
        ": another tinyrig-server uses it; stop that one or give another "
        "folder with --data");
  }
  return fd;
}

absl::StatusOr<DataFolder> DataFolder::Open(const fs::path& path) {
  DataFolder folder;
  folder.path_ = path;
  ASSIGN_OR_RETURN(folder.lock_, Lock(path));
  RETURN_IF_ERROR(FinishRestore(path));
  std::error_code error;
  fs::remove_all(folder.scratch(), error);
  fs::create_directories(folder.scratch(), error);
  folder.unclean_ = fs::exists(path / "running", error);
  RETURN_IF_ERROR(
      base::WriteFileAtomic(path / "running", std::string_view("")));
  return folder;
}

fs::path DataFolder::Default() {
  if (const char* home = std::getenv("XDG_DATA_HOME");
      home != nullptr && *home != '\0') {
    return fs::path(home) / "tinyrig";
  }
  const char* home = std::getenv("HOME");
  return fs::path(home == nullptr ? "." : home) / ".local/share/tinyrig";
}

void DataFolder::MarkClean() const {
  std::error_code ignored;
  fs::remove(path_ / "running", ignored);
}

}  // namespace tinyrig::server
