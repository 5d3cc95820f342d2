// RAII over the SQLite C API: a connection, a bound statement, a transaction.
// A Database belongs to one thread at a time; the store holds its lock.
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

/// Bytes that are bound as BLOB rather than TEXT.
struct Blob {
  std::string_view bytes;
};

/// A statement with its values bound; reset when it goes out of scope.
class Query {
 public:
  explicit Query(sqlite3_stmt* statement) : statement_(statement) {}
  Query(Query&& other) noexcept
      : statement_(std::exchange(other.statement_, nullptr)) {}
  Query& operator=(Query&&) = delete;
  ~Query();

  /// True: there is a row. False: done.
  absl::StatusOr<bool> Step();

  [[nodiscard]] int64_t Int(int column) const;
  [[nodiscard]] double Real(int column) const;
  /// TEXT or BLOB as bytes; empty for NULL.
  [[nodiscard]] std::string Bytes(int column) const;

 private:
  sqlite3_stmt* statement_;
};

class Database {
 public:
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

  /// Runs statements without values or rows.
  absl::Status Exec(const char* sql);

  /// Prepares (once per text) and binds integers, doubles, texts and Blobs.
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

/// Rolls back unless committed.
class Transaction {
 public:
  static absl::StatusOr<Transaction> Begin(Database& database);
  Transaction(Transaction&& other) noexcept
      : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  absl::Status Commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace tinyrig::server
