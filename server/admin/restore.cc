#include "server/admin/restore.h"

#include <cerrno>
#include <fcntl.h>
#include <set>
#include <system_error>

#include "absl/strings/strip.h"
#include "absl/time/time.h"

#include "base/file.h"
#include "base/log.h"
#include "base/sha256.h"
#include "base/unique_fd.h"
#include "server/admin/backup.h"
#include "server/admin/blob_names.h"
#include "server/admin/file_copy.h"
#include "server/blob/blob_store.h"
#include "server/store/migrations.h"
#include <sys/file.h>

namespace tinyrig::server {
namespace {

namespace fs = std::filesystem;

constexpr char kIncoming[] = "restore-incoming";
constexpr char kPending[] = "restore-pending";
constexpr char kDatabase[] = "tinyrig.db";

absl::Status Damaged(const fs::path& backup, const std::string& what) {
  return absl::DataLossError(absl::StrCat("the backup in ", backup.string(),
                                          " is damaged: ", what,
                                          "; nothing was changed"));
}

bool HoldsData(const fs::path& data) {
  bool any = fs::exists(data / kDatabase);
  // Half a list is enough to say yes.
  return ListBlobs(data / "blobs", [&any](const BlobFile&) { any = true; }).ok()
             ? any
             : true;
}

absl::Status Move(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (!fs::exists(from, error)) {
    return absl::OkStatus();
  }
  fs::rename(from, to, error);
  return error ? base::ErrnoStatus(error.value(), "move " + from.string() +
                                                      " to " + to.string())
               : absl::OkStatus();
}

// A copy of the data of one backup, checked on the way.
class Copy {
 public:
  Copy(const RestoreOptions& options, BackupManifest manifest)
      : options_(options),
        manifest_(std::move(manifest)),
        incoming_(options.data / kIncoming) {}

  absl::Status Run() {
    std::error_code error;
    fs::remove_all(incoming_, error);
    fs::create_directories(incoming_ / "blobs", error);
    if (error) {
      return base::ErrnoStatus(error.value(), "create " + incoming_.string());
    }
    RETURN_IF_ERROR(CheckDiskRoom(
        options_.data, manifest_.database_bytes + manifest_.blob_bytes, 0));
    RETURN_IF_ERROR(CopyDatabase());
    ASSIGN_OR_RETURN(
        Database database,
        Database::Open(incoming_ / kDatabase, Database::Mode::kImmutable));
    RETURN_IF_ERROR(CheckDatabase(database));
    RETURN_IF_ERROR(CopyBlobs(database));
    RETURN_IF_ERROR(SyncPath(incoming_ / "blobs"));
    return SyncPath(incoming_);
  }

 private:
  absl::Status CopyDatabase() {
    done_ = 0;
    const auto got =
        CopyAndHash(options_.backup / manifest_.database, incoming_ / kDatabase,
                    [this](int64_t bytes) {
                      return Say("database", bytes, manifest_.database_bytes);
                    });
    if (got.status().code() == absl::StatusCode::kNotFound) {
      return Damaged(options_.backup, manifest_.database + " is not there");
    }
    RETURN_IF_ERROR(got.status());
    return *got == manifest_.database_sha256
               ? absl::OkStatus()
               : Damaged(
                     options_.backup,
                     absl::StrCat(manifest_.database, " hashes to ", *got, ", ",
                                  manifest_.database_sha256, " is wanted"));
  }

  absl::Status CheckDatabase(Database& database) {
    Say("integrity check", 0, 0);
    ASSIGN_OR_RETURN(Query row, database.Select("PRAGMA integrity_check(1)"));
    ASSIGN_OR_RETURN(const bool any, row.Step());
    return any && row.Bytes(0) == "ok"
               ? absl::OkStatus()
               : Damaged(options_.backup,
                         any ? row.Bytes(0) : "the database does not answer");
  }

  absl::Status CopyBlobs(Database& database) {
    ASSIGN_OR_RETURN(const BlobNames names, NamedBlobs(database));
    ASSIGN_OR_RETURN(const auto rows, BlobRows(database));
    std::set<std::string> wanted;
    for (const auto& [sha256, name] : names) {
      wanted.insert(sha256);
    }
    for (const auto& [sha256, row] : rows) {
      if (base::IsSha256Hex(sha256)) {
        wanted.insert(sha256);
      }
    }
    done_ = 0;
    int64_t missing = 0;
    for (const std::string& sha256 : wanted) {
      const fs::path from = BlobPath(options_.backup / "blobs", sha256);
      const auto name = names.find(sha256);
      std::error_code error;
      if (!fs::exists(from, error)) {
        const bool needed = name != names.end() && !name->second.spare;
        missing += needed ? 1 : 0;
        if (missing > manifest_.missing_blob_count) {
          return Damaged(options_.backup,
                         absl::StrCat("blob ", sha256, " (", name->second.by,
                                      ") is not there"));
        }
        continue;
      }
      const absl::Status status =
          CopyBlob(from, BlobPath(incoming_ / "blobs", sha256), sha256,
                   [this](int64_t bytes) {
                     return Say("blobs", bytes, manifest_.blob_bytes);
                   });
      if (status.code() == absl::StatusCode::kDataLoss) {
        return Damaged(options_.backup, std::string(status.message()));
      }
      RETURN_IF_ERROR(status);
    }
    return absl::OkStatus();
  }

  bool Say(const char* step, int64_t bytes, int64_t total) {
    done_ += bytes;
    if (options_.say) {
      options_.say(step, done_, total);
    }
    return true;
  }

  const RestoreOptions& options_;
  BackupManifest manifest_;
  fs::path incoming_;
  int64_t done_ = 0;
};

// A name that is free, so that nothing is ever written over.
std::string NameForOld(const fs::path& data, const base::Clock& clock) {
  const std::string name =
      absl::StrCat("before-restore-",
                   absl::FormatTime("%Y%m%dT%H%M%SZ",
                                    absl::FromUnixMicros(clock.UnixMicros()),
                                    absl::UTCTimeZone()));
  std::string free = name;
  std::error_code ignored;
  for (int i = 2; fs::exists(data / free, ignored); ++i) {
    free = absl::StrCat(name, "-", i);
  }
  return free;
}

absl::Status CheckTarget(const RestoreOptions& options) {
  if (HoldsData(options.data) && !options.force) {
    return absl::FailedPreconditionError(absl::StrCat(
        options.data.string(),
        " holds data already; give another folder, or --force to move that "
        "data aside (it is kept beside the new data)"));
  }
  return absl::OkStatus();
}

// Held so that no backup is written into the folder meanwhile. A folder that
// cannot be locked (read-only media) has no writer either.
absl::StatusOr<base::UniqueFd> LockBackup(const fs::path& backup) {
  base::UniqueFd fd(
      ::open((backup / kBackupMarker).c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.valid() && ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0 &&
      errno == EWOULDBLOCK) {
    return absl::FailedPreconditionError(absl::StrCat(
        "a backup into ", backup.string(), " is under way; wait for its end"));
  }
  return fd;
}

}  // namespace

absl::StatusOr<RestoreReport> RestoreBackup(const RestoreOptions& options,
                                            const base::Clock& clock) {
  RETURN_IF_ERROR(FinishRestore(options.data));
  ASSIGN_OR_RETURN(const base::UniqueFd lock, LockBackup(options.backup));
  RestoreReport report;
  ASSIGN_OR_RETURN(report.manifest, ReadManifest(options.backup));
  if (report.manifest.schema_version > SchemaVersion()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the backup has schema ", report.manifest.schema_version,
        ", this program knows ", SchemaVersion(), ": use the newer one"));
  }
  RETURN_IF_ERROR(CheckTarget(options));
  const absl::Status copied = Copy(options, report.manifest).Run();
  if (!copied.ok()) {
    std::error_code ignored;
    fs::remove_all(options.data / kIncoming, ignored);
    return copied;
  }
  const std::string old = NameForOld(options.data, clock);
  RETURN_IF_ERROR(base::WriteFileAtomic(options.data / kPending, old + "\n"));
  RETURN_IF_ERROR(FinishRestore(options.data));
  std::error_code ignored;
  if (fs::exists(options.data / old, ignored)) {
    report.moved_to = options.data / old;
  }
  return report;
}

// Where an item still lies among the new data, what lies in its place is old.
absl::Status FinishRestore(const fs::path& data) {
  const fs::path incoming = data / kIncoming;
  std::error_code error;
  const auto pending = base::ReadTextFile(data / kPending, 4096);
  if (pending.status().code() == absl::StatusCode::kNotFound) {
    fs::remove_all(incoming, error);
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(pending.status());
  const std::string name(absl::StripSuffix(*pending, "\n"));
  if (!name.starts_with("before-restore-") ||
      name.find('/') != std::string::npos) {
    return absl::DataLossError((data / kPending).string() +
                               " is not ours; look at it by hand");
  }
  const fs::path old = data / name;
  LOG_INFO(
      "admin",
      "restore: the new data takes its place; old data, if any, goes to {}",
      old.string());
  fs::create_directories(old, error);
  if (fs::exists(incoming / kDatabase, error)) {
    // The log before its database: no database ever meets a foreign log.
    for (const char* file : {"tinyrig.db-wal", "tinyrig.db-shm", kDatabase}) {
      RETURN_IF_ERROR(Move(data / file, old / file));
    }
    RETURN_IF_ERROR(SyncPath(data));
    RETURN_IF_ERROR(Move(incoming / kDatabase, data / kDatabase));
  }
  if (fs::exists(incoming / "blobs", error)) {
    RETURN_IF_ERROR(Move(data / "blobs", old / "blobs"));
    RETURN_IF_ERROR(Move(incoming / "blobs", data / "blobs"));
  }
  fs::remove(old, error);  // only when nothing was there to move
  RETURN_IF_ERROR(SyncPath(data));
  fs::remove_all(incoming, error);
  fs::remove(data / kPending, error);
  return SyncPath(data);
}

}  // namespace tinyrig::server
