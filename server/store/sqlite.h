// RAII over the SQLite C API: a connection, a bound statement, a transaction.
// A Database and what comes from it belong to one thread at a time; the store
// holds its lock.
//
// Errors of every call that asks the database: RESOURCE_EXHAUSTED the disk (or
// a quota) is full; UNAVAILABLE the file cannot be opened, read or written, or
// another writer kept it for 10 s; DATA_LOSS it is damaged or no database;
// FAILED_PRECONDITION a constraint (unique, foreign key) does not hold;
// INTERNAL all others, such as wrong SQL. Source: www.sqlite.org/rescode.html
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sqlite3.h>

#include "base/status.h"
#include "server/filter/value.h"

namespace tinyrig::server {

/// Bytes that are bound as BLOB rather than TEXT; owned by the caller, copied
/// when bound.
struct Blob {
  std::string_view bytes;
};

/// A statement with its values bound, in front of its first row; reset when it
/// goes out of scope. Must not outlive its Database, and of one SQL text only
/// one lives at a time.
class Query {
 public:
  /// Owned by the Database, which keeps it prepared.
  explicit Query(sqlite3_stmt* statement) : statement_(statement) {}
  Query(Query&& other) noexcept
      : statement_(std::exchange(other.statement_, nullptr)) {}
  Query& operator=(Query&&) = delete;
  ~Query();

  /// True: there is a row. False: done.
  absl::StatusOr<bool> Step();

  // Columns of the row that Step found, from 0. Copies.

  /// 0 for NULL; a REAL is cut off, a TEXT read as far as it is a number.
  [[nodiscard]] int64_t Int(int column) const;
  /// 0.0 for NULL.
  [[nodiscard]] double Real(int column) const;
  /// TEXT or BLOB as bytes; empty for NULL.
  [[nodiscard]] std::string Bytes(int column) const;

 private:
  sqlite3_stmt* statement_;
};

/// A connection. Movable; Queries that live must not see it move.
class Database {
 public:
  /// kReadWrite makes the file when it is missing, the others do not.
  /// kImmutable: a file that nobody changes (a backup); makes no files beside.
  enum class Mode { kReadWrite, kReadOnly, kImmutable };

  /// Opens (and makes) the file: WAL, foreign keys on, synchronous FULL.
  ///
  /// FULL, because an Ack lets an agent forget a sample: it must then survive
  /// a power cut, and NORMAL only promises that for a killed process. The cost
  /// is one fsync of the log for each commit.
  ///
  /// Errors: UNAVAILABLE it cannot be opened; DATA_LOSS it is no database.
  static absl::StatusOr<Database> Open(const std::filesystem::path& path,
                                       Mode mode);
  Database(Database&& other) noexcept;
  Database& operator=(Database&&) = delete;
  ~Database();

  /// Runs statements (";" between them) without values; rows are dropped.
  absl::Status Exec(const char* sql);

  /// Prepares (once per text; 256 texts are kept) and binds integers, doubles,
  /// bools (0, 1), texts and Blobs, in order. INTERNAL: a Query of the same
  /// text lives.
  template <typename... Values>
  absl::StatusOr<Query> Select(const char* sql, const Values&... values) {
    ASSIGN_OR_RETURN(sqlite3_stmt * statement, Prepared(sql));
    [[maybe_unused]] int index = 0;
    int result = SQLITE_OK;
    ((result = result == SQLITE_OK ? Bind(statement, ++index, values) : result),
     ...);
    if (result != SQLITE_OK) {
      return ErrorOf(result, "bind");
    }
    return Query(statement);
  }

  /// The same with a list of values.
  absl::StatusOr<Query> SelectValues(const std::string& sql,
                                     const std::vector<Value>& values);

  /// Runs one statement to its end; the number of rows it changed.
  template <typename... Values>
  absl::StatusOr<int64_t> Run(const char* sql, const Values&... values) {
    ASSIGN_OR_RETURN(Query query, Select(sql, values...));
    bool more = true;
    while (more) {
      ASSIGN_OR_RETURN(more, query.Step());
    }
    return static_cast<int64_t>(sqlite3_changes64(handle_));
  }

  /// Of the last row that an INSERT of this connection added.
  [[nodiscard]] int64_t LastInsertId() const {
    return sqlite3_last_insert_rowid(handle_);
  }
  /// For what this class does not wrap (progress handlers).
  [[nodiscard]] sqlite3* handle() const { return handle_; }
  [[nodiscard]] bool in_transaction() const {
    return sqlite3_get_autocommit(handle_) == 0;
  }

 private:
  explicit Database(sqlite3* handle) : handle_(handle) {}
  absl::StatusOr<sqlite3_stmt*> Prepared(const char* sql);
  absl::Status ErrorOf(int result, std::string_view what) const;

  static int Bind(sqlite3_stmt* statement, int index, std::string_view text);
  static int Bind(sqlite3_stmt* statement, int index, const std::string& text) {
    return Bind(statement, index, std::string_view(text));
  }
  static int Bind(sqlite3_stmt* statement, int index, const char* text) {
    return Bind(statement, index, std::string_view(text));
  }
  static int Bind(sqlite3_stmt* statement, int index, Blob blob);
  static int Bind(sqlite3_stmt* statement, int index, double value) {
    return sqlite3_bind_double(statement, index, value);
  }
  static int Bind(sqlite3_stmt* statement, int index, int64_t value) {
    return sqlite3_bind_int64(statement, index, value);
  }
  static int Bind(sqlite3_stmt* statement, int index, int value) {
    return sqlite3_bind_int64(statement, index, value);
  }
  static int Bind(sqlite3_stmt* statement, int index, bool value) {
    return sqlite3_bind_int64(statement, index, value ? 1 : 0);
  }

  sqlite3* handle_;
  std::map<std::string, sqlite3_stmt*, std::less<>> prepared_;
};

/// BEGIN IMMEDIATE: no other connection writes while it lives. Rolls back
/// unless committed. Must not outlive its Database; one at a time.
class Transaction {
 public:
  static absl::StatusOr<Transaction> Begin(Database& database);
  Transaction(Transaction&& other) noexcept
      : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  /// Once, at the end. After an error it is rolled back.
  absl::Status Commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace tinyrig::server
