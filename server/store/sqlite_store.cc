#include "server/store/sqlite_store.h"

#include "base/log.h"
#include "server/store/migrations.h"

namespace tinyrig::server {
namespace {

absl::Status CheckIntegrity(Database& database) {
  ASSIGN_OR_RETURN(Query query, database.Select("PRAGMA quick_check(1)"));
  ASSIGN_OR_RETURN(const bool row, query.Step());
  const std::string answer = row ? query.Bytes(0) : "no answer";
  if (answer != "ok") {
    return absl::DataLossError(
        absl::StrCat("database is damaged: ", answer,
                     "; restore a copy of the data folder"));
  }
  return absl::OkStatus();
}

bool IsSmall(const std::filesystem::path& path, int64_t max_bytes) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path, error);
  if (!error && bytes <= static_cast<uintmax_t>(max_bytes)) {
    return true;
  }
  LOG_WARNING("store",
              "the database of {} MiB is not checked at start, that takes "
              "long; `tinyrig admin check` looks for damage meanwhile",
              error ? 0 : bytes >> 20);
  return false;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::Open(
    const std::filesystem::path& path, const SqliteStoreOptions& options) {
  ASSIGN_OR_RETURN(Database writer,
                   Database::Open(path, Database::Mode::kReadWrite));
  if (options.check_integrity && IsSmall(path, options.max_checked_bytes)) {
    RETURN_IF_ERROR(CheckIntegrity(writer));
  }
  RETURN_IF_ERROR(Migrate(writer));
  if (options.max_page_count > 0) {
    RETURN_IF_ERROR(writer.Exec(
        absl::StrCat("PRAGMA max_page_count=", options.max_page_count)
            .c_str()));
  }
  ASSIGN_OR_RETURN(Database reader,
                   Database::Open(path, Database::Mode::kReadOnly));
  ASSIGN_OR_RETURN(auto lists, ListReader::Open(path));
  std::unique_ptr<SqliteStore> store(
      new SqliteStore(std::move(writer), std::move(reader), std::move(lists)));
  RETURN_IF_ERROR(store->ReadWaiting());
  return store;
}

absl::Status SqliteStore::Change(const Work& work) {
  const std::lock_guard lock(write_mutex_);
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(writer_));
  RETURN_IF_ERROR(work(writer_));
  return transaction.Commit();
}

absl::Status SqliteStore::Maintain(const Work& work) {
  const std::lock_guard lock(write_mutex_);
  return work(writer_);
}

Unsynced::Unsynced(Database& database) : database_(database) {
  const absl::Status status = database_.Exec("PRAGMA synchronous=NORMAL");
  if (!status.ok()) {  // slower, and just as right
    LOG_WARNING("store", "{}", status.ToString());
  }
}

Unsynced::~Unsynced() {
  const absl::Status status = database_.Exec("PRAGMA synchronous=FULL");
  if (!status.ok()) {
    LOG_ERROR("store", "{}", status.ToString());
  }
}

}  // namespace tinyrig::server
