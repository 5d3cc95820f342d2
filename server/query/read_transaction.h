// One moment of the database for all statements of a question; and each of
// them is spared the locks of a transaction of its own.
#pragma once

#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "server/store/sqlite.h"

namespace tinyrig::server {

/// Ends with its life. One at a time on a connection.
class ReadTransaction {
 public:
  static absl::StatusOr<ReadTransaction> Begin(Database& database) {
    RETURN_IF_ERROR(database.Exec("BEGIN"));
    return ReadTransaction(database);
  }
  ReadTransaction(ReadTransaction&& other) noexcept
      : database_(std::exchange(other.database_, nullptr)) {}
  ReadTransaction& operator=(ReadTransaction&&) = delete;
  ~ReadTransaction() {
    if (database_ != nullptr && database_->in_transaction()) {
      if (const absl::Status ended = database_->Exec("ROLLBACK"); !ended.ok()) {
        LOG_ERROR("query", "{}", ended.ToString());
      }
    }
  }

 private:
  explicit ReadTransaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace tinyrig::server
