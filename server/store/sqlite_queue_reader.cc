#include "server/store/sqlite_queue_reader.h"

#include <functional>

#include "server/request/resource_ids.h"
#include "tinyrig/v1/job.pb.h"

namespace tinyrig::server {
namespace {

absl::Status ForEachRow(absl::StatusOr<Query> row,
                        const std::function<void(const Query&)>& take) {
  RETURN_IF_ERROR(row.status());
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row->Step());
    if (!more) {
      return absl::OkStatus();
    }
    take(*row);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteQueueReader>> SqliteQueueReader::Open(
    const std::filesystem::path& database) {
  ASSIGN_OR_RETURN(Database reader,
                   Database::Open(database, Database::Mode::kReadOnly));
  return std::unique_ptr<SqliteQueueReader>(
      new SqliteQueueReader(std::move(reader)));
}

absl::StatusOr<int64_t> SqliteQueueReader::Version() {
  ASSIGN_OR_RETURN(Query row, reader_.Select("PRAGMA data_version"));
  RETURN_IF_ERROR(row.Step().status());
  return row.Int(0);
}

absl::StatusOr<std::vector<int64_t>> SqliteQueueReader::QueuedIds() {
  std::vector<int64_t> ids;
  RETURN_IF_ERROR(ForEachRow(
      reader_.Select("SELECT id FROM jobs WHERE state = ? ORDER BY id",
                     static_cast<int>(v1::Job::QUEUED)),
      [&](const Query& row) { ids.push_back(row.Int(0)); }));
  return ids;
}

absl::StatusOr<WaitingJob> SqliteQueueReader::ReadJob(int64_t id) {
  ASSIGN_OR_RETURN(
      Query row,
      reader_.Select("SELECT board_id, submitter, priority, create_us, "
                     "model_sha256, spec FROM jobs WHERE id = ?",
                     id));
  ASSIGN_OR_RETURN(const bool found, row.Step());
  if (!found) {
    return absl::NotFoundError(absl::StrCat("no job ", JobName(id)));
  }
  v1::JobSpec spec;
  spec.ParseFromString(row.Bytes(5));
  return WaitingJob{.job = {.id = id,
                            .board_id = row.Bytes(0),
                            .board_name = spec.board_name(),
                            .submitter = row.Bytes(1),
                            .priority = static_cast<int>(row.Int(2)),
                            .create_us = row.Int(3)},
                    .model_sha256 = row.Bytes(4)};
}

absl::StatusOr<std::vector<RunningJob>> SqliteQueueReader::Running() {
  std::vector<RunningJob> running;
  RETURN_IF_ERROR(ForEachRow(
      reader_.Select("SELECT l.board_name, l.submitter, j.board_id, "
                     "j.model_sha256, l.start_us FROM leases l JOIN jobs j ON "
                     "j.id = l.job_id WHERE l.end_us = 0"),
      [&](const Query& row) {
        running.push_back({row.Bytes(0), row.Bytes(1), row.Bytes(2),
                           row.Bytes(3), row.Int(4)});
      }));
  return running;
}

absl::StatusOr<std::map<std::string, int>> SqliteQueueReader::LeasesSince(
    int64_t since_us) {
  std::map<std::string, int> counts;
  RETURN_IF_ERROR(ForEachRow(
      reader_.Select("SELECT submitter, count(*) FROM leases WHERE start_us "
                     ">= ? GROUP BY submitter",
                     since_us),
      [&](const Query& row) {
        counts[row.Bytes(0)] = static_cast<int>(row.Int(1));
      }));
  return counts;
}

absl::StatusOr<std::vector<BoardUse>> SqliteQueueReader::RecentUse(
    const std::string& board_id, int limit) {
  std::vector<BoardUse> uses;
  RETURN_IF_ERROR(ForEachRow(
      reader_.Select("SELECT r.model_sha256, j.end_us - j.lease_us FROM runs r "
                     "JOIN jobs j ON j.id = r.job_id WHERE r.board_id = ? "
                     "ORDER BY r.id DESC LIMIT ?",
                     board_id, limit),
      [&](const Query& row) {
        uses.push_back({row.Bytes(0), row.Int(1)});
      }));
  return uses;
}

absl::StatusOr<std::map<std::string, std::string>>
SqliteQueueReader::BoardKinds() {
  std::map<std::string, std::string> kinds;
  RETURN_IF_ERROR(ForEachRow(
      reader_.Select("SELECT name, board_id FROM boards"),
      [&](const Query& row) { kinds[row.Bytes(0)] = row.Bytes(1); }));
  return kinds;
}

}  // namespace tinyrig::server
