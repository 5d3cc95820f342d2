#include "server/admin/database_copy.h"

#include <cerrno>
#include <chrono>
#include <memory>
#include <thread>

#include <sqlite3.h>

#include "server/admin/file_copy.h"

namespace tinyrig::server {
namespace {

constexpr int kPagesAtOnce = 256;
constexpr int kMaxBusy = 1000;
constexpr std::chrono::milliseconds kBusyPause{10};

struct Closer {
  void operator()(sqlite3* handle) const { sqlite3_close(handle); }
};
using Handle = std::unique_ptr<sqlite3, Closer>;

absl::Status ErrorOf(sqlite3* handle, int result, const std::string& what) {
  const int number = handle == nullptr ? 0 : sqlite3_system_errno(handle);
  const bool full = (result & 0xFF) == SQLITE_FULL ||
                    ((result & 0xFF) == SQLITE_IOERR &&
                     (number == ENOSPC || number == EFBIG || number == EDQUOT));
  const std::string text = absl::StrCat(
      what, ": ", full ? "the disk is full" : sqlite3_errstr(result));
  if (full) {
    return absl::ResourceExhaustedError(text);
  }
  return (result & 0xFF) == SQLITE_CORRUPT || (result & 0xFF) == SQLITE_NOTADB
             ? absl::DataLossError(text)
             : absl::UnavailableError(text);
}

absl::StatusOr<Handle> Open(const std::filesystem::path& path, int flags,
                            const char* first) {
  sqlite3* raw = nullptr;
  int result =
      sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Handle handle(raw);
  if (result == SQLITE_OK) {
    sqlite3_busy_timeout(raw, 10'000);
    result = sqlite3_exec(raw, first, nullptr, nullptr, nullptr);
  }
  if (result != SQLITE_OK) {
    return ErrorOf(raw, result, "open " + path.string());
  }
  return handle;
}

int64_t PageBytes(sqlite3* handle) {
  int64_t bytes = 0;
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(handle, "PRAGMA page_size", -1, &statement, nullptr);
  if (sqlite3_step(statement) == SQLITE_ROW) {
    bytes = sqlite3_column_int64(statement, 0);
  }
  sqlite3_finalize(statement);
  return bytes;
}

}  // namespace

absl::Status CopyDatabase(
    const std::filesystem::path& from, const std::filesystem::path& to,
    const std::function<absl::Status(int64_t, int64_t, int64_t)>& tick) {
  // The read transaction fixes the moment.
  ASSIGN_OR_RETURN(const Handle source,
                   Open(from, SQLITE_OPEN_READONLY,
                        "BEGIN; SELECT count(*) FROM sqlite_schema"));
  {
    ASSIGN_OR_RETURN(const Handle target,
                     Open(to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                          "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF"));
    const int64_t page_bytes = PageBytes(source.get());
    sqlite3_backup* backup =
        sqlite3_backup_init(target.get(), "main", source.get(), "main");
    if (backup == nullptr) {
      return ErrorOf(target.get(), sqlite3_errcode(target.get()),
                     "copy the database");
    }
    absl::Status status;
    int result = SQLITE_OK;
    for (int busy = 0; status.ok() && result != SQLITE_DONE;) {
      result = sqlite3_backup_step(backup, kPagesAtOnce);
      const int64_t total = sqlite3_backup_pagecount(backup);
      if (result == SQLITE_OK || result == SQLITE_DONE) {
        busy = 0;
        status =
            tick(total - sqlite3_backup_remaining(backup), total, page_bytes);
      } else if ((result == SQLITE_BUSY || result == SQLITE_LOCKED) &&
                 ++busy < kMaxBusy) {
        std::this_thread::sleep_for(kBusyPause);
      } else {
        status = ErrorOf(target.get(), result, "write " + to.string());
      }
    }
    result = sqlite3_backup_finish(backup);
    if (status.ok() && result != SQLITE_OK) {
      status = ErrorOf(target.get(), result, "write " + to.string());
    }
    RETURN_IF_ERROR(status);
  }
  return SyncPath(to);
}

}  // namespace tinyrig::server
