#include "server/admin/backup.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

#include "absl/time/time.h"

#include "base/file.h"
#include "base/log.h"
#include "base/sha256.h"
#include "server/admin/blob_names.h"
#include "server/admin/database_copy.h"
#include "server/admin/file_copy.h"
#include "server/admin/stop_when.h"
#include "server/blob/blob_store.h"
#include <sys/file.h>
#include <sys/stat.h>

namespace tinyrig::server {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kShowUs = 100'000;
constexpr char kMarkerText[] =
    "A backup of a tinyrig lab. `tinyrig admin restore` puts it back; see "
    "docs/ADMIN.md.\n";

absl::Status CannotUse(const fs::path& path, const std::string& why) {
  return absl::InvalidArgumentError(
      absl::StrCat("folder: ", path.string(), " ", why));
}

bool IsInside(const fs::path& path, const fs::path& folder) {
  const auto [end, ignored] =
      std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

int64_t FileBytes(const fs::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode)
             ? info.st_size
             : -1;
}

bool OnOneDisk(const fs::path& a, const fs::path& b) {
  struct stat info_a {
  }, info_b{};
  return ::stat(a.c_str(), &info_a) == 0 && ::stat(b.c_str(), &info_b) == 0 &&
         info_a.st_dev == info_b.st_dev;
}

std::vector<fs::path> Entries(const fs::path& folder, std::error_code& error) {
  std::vector<fs::path> entries;
  for (fs::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    entries.push_back(it->path());
  }
  return entries;
}

absl::Status Gone() {
  return absl::CancelledError("stopped: the caller has gone");
}

// Reads what a database says of itself into the manifest.
absl::Status DescribeDatabase(Database& database, BackupManifest& manifest) {
  const auto number = [&](const char* sql, int64_t& value) -> absl::Status {
    ASSIGN_OR_RETURN(Query row, database.Select(sql));
    RETURN_IF_ERROR(row.Step().status());
    value = row.Int(0);
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(number("PRAGMA user_version", manifest.schema_version));
  RETURN_IF_ERROR(number("SELECT count(*) FROM runs", manifest.run_count));
  RETURN_IF_ERROR(number("SELECT count(*) FROM jobs", manifest.job_count));
  ASSIGN_OR_RETURN(
      Query row,
      database.Select("SELECT value FROM meta WHERE key = 'server_id'"));
  ASSIGN_OR_RETURN(const bool found, row.Step());
  manifest.server_id = found ? row.Bytes(0) : "";
  return absl::OkStatus();
}

}  // namespace

absl::Status BackupJob::Run() {
  RETURN_IF_ERROR(CheckFolder());
  RETURN_IF_ERROR(TakeFolder());
  const absl::Status status = Write();
  if (!status.ok()) {
    CleanUp();
    return status;
  }
  Prune();
  LOG_INFO("admin", "backup in {}: {} runs, {} blobs, {} reused",
           folder_.string(), manifest_.run_count, manifest_.blob_count,
           progress_.reused_blob_count());
  progress_.set_done(true);
  progress_.set_run_count(manifest_.run_count);
  progress_.set_blob_count(manifest_.blob_count);
  sink_(progress_);
  if (manifest_.missing_blob_count > 0) {
    return absl::DataLossError(absl::StrCat(
        "the backup is written, but the lab has lost ",
        manifest_.missing_blob_count,
        " blobs that it names (missing or damaged files): see `tinyrig admin "
        "check --deep`"));
  }
  return absl::OkStatus();
}

absl::Status BackupJob::CheckFolder() {
  if (!folder_.is_absolute()) {
    return CannotUse(folder_, "is not an absolute path");
  }
  std::error_code error;
  folder_ = fs::weakly_canonical(folder_, error);
  const fs::path data =
      fs::weakly_canonical(source_.database.parent_path(), error);
  if (error) {
    return CannotUse(folder_, "cannot be used: " + error.message());
  }
  if (IsInside(folder_, data)) {
    return CannotUse(folder_, "is inside the data folder " + data.string());
  }
  return absl::OkStatus();
}

absl::Status BackupJob::TakeFolder() {
  std::error_code error;
  made_folder_ = fs::create_directories(folder_, error);
  if (error) {
    return base::ErrnoStatus(error.value(), "create " + folder_.string());
  }
  const fs::path marker = folder_ / kBackupMarker;
  made_marker_ = !fs::exists(marker, error);
  if (made_marker_) {
    for (const fs::path& entry : Entries(folder_, error)) {
      if (entry.filename() != "lost+found") {
        return absl::FailedPreconditionError(absl::StrCat(
            folder_.string(), " holds something else (",
            entry.filename().string(),
            "): give an empty folder, or that of an older backup"));
      }
    }
    absl::Status status =
        error ? base::ErrnoStatus(error.value(), "list " + folder_.string())
              : base::WriteFileAtomic(marker, kMarkerText);
    if (!status.ok()) {
      CleanUp();
      return status;
    }
  }
  lock_.Reset(::open(marker.c_str(), O_RDONLY | O_CLOEXEC));
  if (!lock_.valid() || ::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    return absl::AlreadyExistsError(absl::StrCat(
        "another backup into ", folder_.string(), " is under way"));
  }
  return absl::OkStatus();
}

absl::Status BackupJob::Write() {
  RETURN_IF_ERROR(CopyDatabase());
  ASSIGN_OR_RETURN(Database copy,
                   Database::Open(Incoming(), Database::Mode::kImmutable));
  RETURN_IF_ERROR(CopyBlobs(copy));
  RETURN_IF_ERROR(Verify(copy));
  return Finish();
}

absl::Status BackupJob::CheckRoom(int64_t bytes) const {
  const bool lab_disk = OnOneDisk(folder_, source_.database);
  return CheckDiskRoom(folder_, bytes, lab_disk ? source_.reserve_bytes : 0);
}

absl::Status BackupJob::CopyDatabase() {
  std::error_code ignored;
  fs::remove(Incoming(), ignored);
  bool checked = false;
  return server::CopyDatabase(
      source_.database, Incoming(),
      [&](int64_t done, int64_t total, int64_t page_bytes) -> absl::Status {
        if (!checked) {
          checked = true;
          RETURN_IF_ERROR(CheckRoom((total - done) * page_bytes));
        }
        progress_.set_done_bytes(done * page_bytes);
        progress_.set_total_bytes(total * page_bytes);
        return Show("database", 0) ? absl::OkStatus() : Gone();
      });
}

absl::Status BackupJob::CopyBlobs(Database& copy) {
  ASSIGN_OR_RETURN(const BlobNames names, NamedBlobs(copy));
  ASSIGN_OR_RETURN(const auto rows, BlobRows(copy));
  std::set<std::string> wanted;
  int64_t missing_bytes = 0, total_bytes = 0;
  const auto want = [&](const std::string& sha256) {
    if (!base::IsSha256Hex(sha256) || !wanted.insert(sha256).second) {
      return;
    }
    const int64_t bytes =
        std::max<int64_t>(0, FileBytes(BlobPath(source_.blobs, sha256)));
    total_bytes += bytes;
    if (FileBytes(BlobPath(folder_ / "blobs", sha256)) != bytes) {
      missing_bytes += bytes;
    }
  };
  for (const auto& [sha256, name] : names) {
    want(sha256);
  }
  for (const auto& [sha256, row] : rows) {
    want(sha256);
  }
  RETURN_IF_ERROR(CheckRoom(missing_bytes));
  progress_.set_done_bytes(0);
  progress_.set_total_bytes(total_bytes);
  for (const std::string& sha256 : wanted) {
    const auto name = names.find(sha256);
    RETURN_IF_ERROR(
        TakeBlob(sha256, name == names.end() || name->second.spare));
  }
  return absl::OkStatus();
}

// What the lab has lost may still lie in the older backup.
absl::Status BackupJob::TakeBlob(const std::string& sha256, bool spare) {
  const fs::path from = BlobPath(source_.blobs, sha256);
  const fs::path to = BlobPath(folder_ / "blobs", sha256);
  const int64_t have = FileBytes(to), wanted = FileBytes(from);
  if (have >= 0 && (have == wanted || wanted < 0)) {
    progress_.set_reused_blob_count(progress_.reused_blob_count() + 1);
    kept_.insert(sha256);
    return Show("blobs", have) ? absl::OkStatus() : Gone();
  }
  absl::Status status = absl::NotFoundError("");
  if (wanted >= 0) {
    status = CopyBlob(from, to, sha256,
                      [this](int64_t bytes) { return Show("blobs", bytes); });
  }
  if (status.ok()) {
    kept_.insert(sha256);
    if (have < 0) {
      copied_.push_back(to);
    }
  } else if (status.code() == absl::StatusCode::kNotFound ||
             status.code() == absl::StatusCode::kDataLoss) {
    if (!spare) {
      LOG_WARNING("admin", "backup: blob {} is missing or damaged", sha256);
      manifest_.missing_blob_count += 1;
    }
    return absl::OkStatus();
  }
  return status;
}

// Blobs were hashed on their way; of those that lay there the size is known.
absl::Status BackupJob::Verify(Database& copy) {
  manifest_.database_bytes = FileBytes(Incoming());
  progress_.set_done_bytes(0);
  progress_.set_total_bytes(manifest_.database_bytes);
  {
    bool gone = false;
    const StopWhen stop(copy,
                        [&] { return gone = gone || !Show("verify", 0); });
    ASSIGN_OR_RETURN(Query row, copy.Select("PRAGMA quick_check(1)"));
    const absl::StatusOr<bool> any = row.Step();
    if (gone) {
      return Gone();
    }
    RETURN_IF_ERROR(any.status());
    if (!*any || row.Bytes(0) != "ok") {
      return absl::DataLossError(absl::StrCat(
          "the copy of the database is damaged: ",
          *any ? row.Bytes(0) : "no answer", "; see `tinyrig admin check`"));
    }
  }
  RETURN_IF_ERROR(DescribeDatabase(copy, manifest_));
  ASSIGN_OR_RETURN(manifest_.database_sha256,
                   HashFile(Incoming(), [this](int64_t bytes) {
                     return Show("verify", bytes);
                   }));
  for (const std::string& sha256 : kept_) {
    const int64_t bytes = FileBytes(BlobPath(folder_ / "blobs", sha256));
    if (bytes < 0) {
      return absl::DataLossError("blob " + sha256 + " vanished from " +
                                 folder_.string());
    }
    manifest_.blob_bytes += bytes;
  }
  manifest_.blob_count = static_cast<int64_t>(kept_.size());
  return absl::OkStatus();
}

absl::Status BackupJob::Finish() {
  const absl::Time now = absl::FromUnixMicros(source_.clock.UnixMicros());
  const absl::TimeZone utc = absl::UTCTimeZone();
  manifest_.create_time = absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", now, utc);
  manifest_.database =
      absl::FormatTime("tinyrig-%Y%m%dT%H%M%E6SZ.db", now, utc);
  manifest_.server_version = source_.server_version;
  std::error_code error;
  fs::rename(Incoming(), folder_ / manifest_.database, error);
  if (error) {
    return base::ErrnoStatus(error.value(), "rename " + Incoming().string());
  }
  absl::Status status = SyncPath(folder_);
  if (status.ok()) {
    status = WriteManifest(folder_, manifest_);
  }
  if (!status.ok()) {
    fs::remove(folder_ / manifest_.database, error);
  }
  return status;
}

// What only older backups needed. A failure here costs space, nothing else.
void BackupJob::Prune() {
  std::error_code ignored;
  for (const fs::path& path : Entries(folder_, ignored)) {
    if (path.extension() == ".db" && path.filename() != manifest_.database) {
      fs::remove(path, ignored);
    }
  }
  for (const fs::path& folder : Entries(folder_ / "blobs", ignored)) {
    for (const fs::path& path : Entries(folder, ignored)) {
      if (!kept_.contains(folder.filename().string() +
                          path.filename().string())) {
        fs::remove(path, ignored);
      }
    }
  }
}

void BackupJob::CleanUp() {
  std::error_code ignored;
  fs::remove(Incoming(), ignored);
  for (const fs::path& blob : copied_) {
    fs::remove(blob, ignored);
  }
  if (!made_marker_) {
    return;
  }
  // A first backup: nothing there was anybody else's.
  fs::remove_all(folder_ / "blobs", ignored);
  fs::remove(folder_ / kBackupMarker, ignored);
  if (made_folder_) {
    fs::remove(folder_, ignored);
  }
}

bool BackupJob::Show(const char* step, int64_t more_bytes) {
  const bool new_step = progress_.step() != step;
  progress_.set_step(step);
  progress_.set_done_bytes(progress_.done_bytes() + more_bytes);
  const int64_t now_us = source_.clock.MonotonicMicros();
  if (!new_step && now_us - shown_us_ < kShowUs) {
    return true;
  }
  shown_us_ = now_us;
  return sink_(progress_);
}

}  // namespace tinyrig::server
