#include "server/store/sqlite.h"

#include <cerrno>

#include "absl/strings/str_replace.h"

#include "base/log.h"

namespace tinyrig::server {
namespace {

// Statements with values written into them would fill this; ours never are.
constexpr size_t kMaxPrepared = 256;

absl::StatusCode CodeOf(int result, int system_error) {
  switch (result & 0xFF) {
    case SQLITE_FULL:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
      return absl::StatusCode::kUnavailable;
    case SQLITE_IOERR:
      // A quota or RLIMIT_FSIZE is no ENOSPC, but the same to the user.
      return system_error == EFBIG || system_error == EDQUOT ||
                     system_error == ENOSPC
                 ? absl::StatusCode::kResourceExhausted
                 : absl::StatusCode::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    case SQLITE_CONSTRAINT:
      return absl::StatusCode::kFailedPrecondition;
    default:
      return absl::StatusCode::kInternal;
  }
}

absl::Status Error(sqlite3* handle, int result, std::string_view what) {
  const int system_error = handle == nullptr ? 0 : sqlite3_system_errno(handle);
  return {CodeOf(result, system_error),
          absl::StrCat("database: ", std::string(what), ": ",
                       handle == nullptr ? sqlite3_errstr(result)
                                         : sqlite3_errmsg(handle))};
}

// As a URI; only these characters mean something there.
std::string ImmutableUri(const std::filesystem::path& path) {
  return absl::StrCat(
      "file:",
      absl::StrReplaceAll(path.string(),
                          {{"%", "%25"}, {"?", "%3f"}, {"#", "%23"}}),
      "?immutable=1");
}

}  // namespace

Query::~Query() {
  if (statement_ != nullptr) {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
}

absl::StatusOr<bool> Query::Step() {
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) {
    return true;
  }
  if (result == SQLITE_DONE) {
    return false;
  }
  return Error(sqlite3_db_handle(statement_), result, "step");
}

int64_t Query::Int(int column) const {
  return sqlite3_column_int64(statement_, column);
}

double Query::Real(int column) const {
  return sqlite3_column_double(statement_, column);
}

std::string Query::Bytes(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  const int count = sqlite3_column_bytes(statement_, column);
  return bytes == nullptr ? std::string()
                          : std::string(static_cast<const char*>(bytes),
                                        static_cast<size_t>(count));
}

absl::StatusOr<Database> Database::Open(const std::filesystem::path& path,
                                        Mode mode) {
  sqlite3* handle = nullptr;
  const int flags = mode == Mode::kReadWrite
                        ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                        : SQLITE_OPEN_READONLY |
                              (mode == Mode::kImmutable ? SQLITE_OPEN_URI : 0);
  const std::string name =
      mode == Mode::kImmutable ? ImmutableUri(path) : path.string();
  const int result = sqlite3_open_v2(name.c_str(), &handle,
                                     flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(handle);
  if (result != SQLITE_OK) {
    return Error(handle, result, absl::StrCat("open ", path.string()));
  }
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, 10'000);
  RETURN_IF_ERROR(database.Exec("PRAGMA foreign_keys=ON"));
  if (mode == Mode::kReadOnly) {
    // KiB: a question about a million runs reads some thousand pages, and comes
    // again.
    RETURN_IF_ERROR(database.Exec("PRAGMA cache_size=-16384"));
  }
  if (mode == Mode::kReadWrite) {
    // Only a fresh file takes it, before anything else: it lets `admin gc
    // --compact` give space back in small steps.
    RETURN_IF_ERROR(database.Exec("PRAGMA auto_vacuum=INCREMENTAL"));
    RETURN_IF_ERROR(database.Exec("PRAGMA journal_mode=WAL"));
    RETURN_IF_ERROR(database.Exec("PRAGMA synchronous=FULL"));
  }
  return database;
}

Database::Database(Database&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)),
      prepared_(std::move(other.prepared_)) {
  other.prepared_.clear();
}

Database::~Database() {
  for (const auto& [sql, statement] : prepared_) {
    sqlite3_finalize(statement);
  }
  sqlite3_close(handle_);
}

absl::Status Database::Exec(const char* sql) {
  const int result = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  return result == SQLITE_OK ? absl::OkStatus() : ErrorOf(result, sql);
}

absl::StatusOr<Query> Database::SelectValues(const std::string& sql,
                                             const std::vector<Value>& values) {
  ASSIGN_OR_RETURN(sqlite3_stmt * statement, Prepared(sql.c_str()));
  int index = 0;
  for (const Value& value : values) {
    ++index;
    const int result = std::visit(
        [&](const auto& v) { return Bind(statement, index, v); }, value);
    if (result != SQLITE_OK) {
      return ErrorOf(result, "bind");
    }
  }
  return Query(statement);
}

absl::StatusOr<sqlite3_stmt*> Database::Prepared(const char* sql) {
  if (const auto it = prepared_.find(std::string_view(sql));
      it != prepared_.end() && sqlite3_stmt_busy(it->second) == 0) {
    return it->second;
  }
  if (prepared_.size() >= kMaxPrepared) {
    for (const auto& [text, statement] : prepared_) {
      sqlite3_finalize(statement);
    }
    prepared_.clear();
  }
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v3(
      handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (result != SQLITE_OK) {
    return ErrorOf(result, sql);
  }
  const auto [it, fresh] = prepared_.try_emplace(sql, statement);
  if (!fresh) {
    sqlite3_finalize(statement);
    return absl::InternalError(
        absl::StrCat("database: statement used twice at once: ", sql));
  }
  return statement;
}

absl::Status Database::ErrorOf(int result, std::string_view what) const {
  return Error(handle_, result, what);
}

// TRANSIENT: a copy, so that temporaries may be bound.
int Database::Bind(sqlite3_stmt* statement, int index, std::string_view text) {
  return sqlite3_bind_text64(statement, index,
                             text.data() == nullptr ? "" : text.data(),
                             text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

int Database::Bind(sqlite3_stmt* statement, int index, Blob blob) {
  return blob.bytes.empty()
             ? sqlite3_bind_zeroblob(statement, index, 0)
             : sqlite3_bind_blob64(statement, index, blob.bytes.data(),
                                   blob.bytes.size(), SQLITE_TRANSIENT);
}

absl::StatusOr<Transaction> Transaction::Begin(Database& database) {
  RETURN_IF_ERROR(database.Exec("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::~Transaction() {
  // A full disk may have rolled it back already.
  if (database_ != nullptr && database_->in_transaction()) {
    if (const absl::Status status = database_->Exec("ROLLBACK"); !status.ok()) {
      LOG_ERROR("store", "{}", status.ToString());
    }
  }
}

absl::Status Transaction::Commit() {
  RETURN_IF_ERROR(database_->Exec("COMMIT"));
  database_ = nullptr;
  return absl::OkStatus();
}

}  // namespace tinyrig::server
