// QueueReader on a read-only connection of its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "server/store/queue_reader.h"
#include "server/store/sqlite.h"

namespace tinyrig::server {

class SqliteQueueReader : public QueueReader {
 public:
  /// `database`: the store's file, migrated already.
  static absl::StatusOr<std::unique_ptr<SqliteQueueReader>> Open(
      const std::filesystem::path& database);

  absl::StatusOr<int64_t> Version() override;
  absl::StatusOr<std::vector<int64_t>> QueuedIds() override;
  absl::StatusOr<WaitingJob> ReadJob(int64_t id) override;
  absl::StatusOr<std::vector<RunningJob>> Running() override;
  absl::StatusOr<std::map<std::string, int>> LeasesSince(
      int64_t since_us) override;
  absl::StatusOr<std::vector<BoardUse>> RecentUse(const std::string& board_id,
                                                  int limit) override;
  absl::StatusOr<std::map<std::string, std::string>> BoardKinds() override;

 private:
  explicit SqliteQueueReader(Database reader) : reader_(std::move(reader)) {}
  Database reader_;
};

}  // namespace tinyrig::server
