#include "server/blob/blob_store.h"

#include <cerrno>
#include <fcntl.h>
#include <span>
#include <system_error>
#include <unistd.h>

#include "base/file.h"
#include "base/sha256.h"
#include "base/sha256_stream.h"
#include "base/unique_fd.h"
#include <sys/stat.h>
#include <sys/statvfs.h>

namespace tinyrig::server {
namespace {

namespace fs = std::filesystem;

void SyncFolder(const fs::path& folder) {
  const base::UniqueFd fd(
      ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.valid()) {
    ::fsync(fd.get());
  }
}

class FileWriter : public BlobWriter {
 public:
  FileWriter(base::UniqueFd fd, fs::path temporary, fs::path target,
             std::string sha256, int64_t size_bytes)
      : fd_(std::move(fd)),
        temporary_(std::move(temporary)),
        target_(std::move(target)),
        sha256_(std::move(sha256)),
        size_bytes_(size_bytes) {}

  ~FileWriter() override {
    if (!committed_) {
      ::unlink(temporary_.c_str());
    }
  }

  absl::Status Append(std::string_view chunk) override {
    if (static_cast<int64_t>(chunk.size()) > size_bytes_ - done_bytes_) {
      return absl::DataLossError(absl::StrCat("blob ", sha256_,
                                              ": more than the announced ",
                                              size_bytes_, " bytes"));
    }
    digest_.Add(chunk);
    done_bytes_ += static_cast<int64_t>(chunk.size());
    while (!chunk.empty()) {
      const ssize_t n = ::write(fd_.get(), chunk.data(), chunk.size());
      if (n < 0 && errno == EINTR) {
        continue;
      }
      if (n < 0) {
        return base::ErrnoStatus(errno, "store blob " + sha256_);
      }
      chunk.remove_prefix(static_cast<size_t>(n));
    }
    return absl::OkStatus();
  }

  absl::Status Commit() override {
    const std::string got = digest_.Hex();
    if (done_bytes_ != size_bytes_ || got != sha256_) {
      return absl::DataLossError(absl::StrCat(
          "blob: got ", done_bytes_, " bytes with sha256 ", got, ", announced ",
          size_bytes_, " bytes with ", sha256_, "; send it again"));
    }
    if (::fsync(fd_.get()) != 0) {
      return base::ErrnoStatus(errno, "sync blob " + sha256_);
    }
    std::error_code error;
    fs::create_directory(target_.parent_path(), error);
    if (error || ::rename(temporary_.c_str(), target_.c_str()) != 0) {
      return base::ErrnoStatus(error ? error.value() : errno,
                               "store blob " + sha256_);
    }
    committed_ = true;
    SyncFolder(target_.parent_path());
    SyncFolder(target_.parent_path().parent_path());
    return absl::OkStatus();
  }

 private:
  base::UniqueFd fd_;
  fs::path temporary_, target_;
  std::string sha256_;
  int64_t size_bytes_;
  int64_t done_bytes_ = 0;
  bool committed_ = false;
  base::Sha256Stream digest_;
};

// What one of the 256 folders holds.
absl::Status ListFolder(const fs::path& folder,
                        const std::function<void(const BlobFile&)>& visit) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    BlobFile file{.sha256 = folder.filename().string() +
                            it->path().filename().string()};
    struct stat info {};
    if (!base::IsSha256Hex(file.sha256) ||
        ::lstat(it->path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) {
      continue;
    }
    file.size_bytes = info.st_size;
    file.modify_us =
        info.st_mtim.tv_sec * 1'000'000 + info.st_mtim.tv_nsec / 1000;
    visit(file);
  }
  return error ? base::ErrnoStatus(error.value(), "list " + folder.string())
               : absl::OkStatus();
}

}  // namespace

fs::path BlobPath(const fs::path& folder, const std::string& sha256) {
  return folder / sha256.substr(0, 2) / sha256.substr(2);
}

absl::Status ListBlobs(const fs::path& folder,
                       const std::function<void(const BlobFile&)>& visit) {
  std::error_code error;
  if (!fs::exists(folder, error)) {
    return absl::OkStatus();
  }
  for (fs::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code ignored;
    if (it->path().filename().string().size() == 2 &&
        it->is_directory(ignored)) {
      RETURN_IF_ERROR(ListFolder(it->path(), visit));
    }
  }
  return error ? base::ErrnoStatus(error.value(), "list " + folder.string())
               : absl::OkStatus();
}

absl::StatusOr<BlobStore> BlobStore::Open(fs::path folder,
                                          const BlobLimits& limits) {
  std::error_code error;
  fs::remove_all(folder / "incoming", error);
  fs::create_directories(folder / "incoming", error);
  if (error) {
    return base::ErrnoStatus(error.value(), "create " + folder.string());
  }
  return BlobStore(std::move(folder), limits);
}

absl::StatusOr<std::unique_ptr<BlobWriter>> BlobStore::Begin(
    const std::string& sha256, int64_t size_bytes) {
  if (!base::IsSha256Hex(sha256)) {
    return absl::InvalidArgumentError(
        "sha256: 64 lower-case hex digits are wanted");
  }
  if (size_bytes < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("size_bytes: ", size_bytes, " is negative"));
  }
  if (size_bytes > limits_.max_blob_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("blob of ", size_bytes, " bytes: at most ",
                     limits_.max_blob_bytes, " are taken"));
  }
  RETURN_IF_ERROR(CheckRoom(size_bytes));
  std::string temporary = (folder_ / "incoming" / "blob.XXXXXX").string();
  base::UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.valid()) {
    return base::ErrnoStatus(errno, "create " + temporary);
  }
  ::fchmod(fd.get(), 0644);
  return std::make_unique<FileWriter>(
      std::move(fd), temporary, BlobPath(folder_, sha256), sha256, size_bytes);
}

absl::StatusOr<std::string> BlobStore::Put(std::string_view bytes) {
  const std::string sha256 = base::Sha256Hex(
      std::span(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
  if (Find(sha256).ok()) {
    return sha256;
  }
  ASSIGN_OR_RETURN(const auto writer,
                   Begin(sha256, static_cast<int64_t>(bytes.size())));
  RETURN_IF_ERROR(writer->Append(bytes));
  RETURN_IF_ERROR(writer->Commit());
  return sha256;
}

absl::StatusOr<fs::path> BlobStore::Find(const std::string& sha256) const {
  std::error_code error;
  if (base::IsSha256Hex(sha256)) {
    fs::path path = BlobPath(folder_, sha256);
    if (fs::is_regular_file(path, error)) {
      return path;
    }
  }
  return absl::NotFoundError(
      absl::StrCat("no blob ", sha256.substr(0, 64), "; upload it first"));
}

absl::StatusOr<std::string> BlobStore::Read(const std::string& sha256) const {
  ASSIGN_OR_RETURN(const fs::path path, Find(sha256));
  return base::ReadTextFile(path,
                            static_cast<uint64_t>(limits_.max_blob_bytes));
}

absl::StatusOr<int64_t> BlobStore::Remove(const std::string& sha256) {
  const absl::StatusOr<fs::path> path = Find(sha256);
  if (!path.ok()) {
    return 0;
  }
  std::error_code error;
  const auto size_bytes = static_cast<int64_t>(fs::file_size(*path, error));
  if (::unlink(path->c_str()) != 0) {
    return base::ErrnoStatus(errno, "remove blob " + sha256);
  }
  return size_bytes;
}

absl::Status BlobStore::CheckRoom(int64_t bytes) const {
  struct statvfs info {};
  if (::statvfs(folder_.c_str(), &info) != 0) {
    return base::ErrnoStatus(errno, "statvfs " + folder_.string());
  }
  const auto free_bytes =
      static_cast<int64_t>(info.f_bavail) * static_cast<int64_t>(info.f_frsize);
  if (free_bytes - bytes < limits_.reserve_bytes) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "the server's disk is full: ", free_bytes, " bytes free, ", bytes,
        " wanted and ", limits_.reserve_bytes, " kept in reserve"));
  }
  return absl::OkStatus();
}

}  // namespace tinyrig::server
