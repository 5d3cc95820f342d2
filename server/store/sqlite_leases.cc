// Leases: who holds which job, with which fence.
#include "server/store/sqlite_store.h"

namespace tinyrig::server {
namespace {

constexpr char kLeaseColumns[] =
    "SELECT job_id, fence, agent_id, board_name, board_uid, submitter, "
    "start_us, end_us, end_reason FROM leases ";

LeaseRecord LeaseOf(const Query& row) {
  return {.job_id = row.Int(0),
          .fence = row.Int(1),
          .agent_id = row.Bytes(2),
          .board_name = row.Bytes(3),
          .board_uid = row.Bytes(4),
          .submitter = row.Bytes(5),
          .start_us = row.Int(6),
          .end_us = row.Int(7),
          .end_reason = row.Bytes(8)};
}

// A run has one board: what another one answered does not count.
absl::Status DropForeignSamples(Database& database, int64_t job_id,
                                int64_t fence) {
  ASSIGN_OR_RETURN(const int64_t same, [&]() -> absl::StatusOr<int64_t> {
    ASSIGN_OR_RETURN(
        Query row,
        database.Select(
            "SELECT count(*) FROM leases a JOIN leases b ON a.job_id = "
            "b.job_id AND a.board_name = b.board_name AND a.board_uid = "
            "b.board_uid WHERE a.job_id = ?1 AND a.fence = ?2 AND b.fence "
            "= (SELECT max(fence) FROM leases WHERE job_id = ?1 AND fence "
            "< ?2)",
            job_id, fence));
    RETURN_IF_ERROR(row.Step().status());
    return row.Int(0);
  }());
  if (same != 0) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(
      const int64_t dropped,
      database.Run("DELETE FROM predictions WHERE job_id = ?", job_id));
  return dropped == 0 ? absl::OkStatus()
                      : database
                            .Run(
                                "UPDATE jobs SET stored_samples = 0 WHERE id "
                                "= ?",
                                job_id)
                            .status();
}

}  // namespace

absl::StatusOr<int64_t> SqliteStore::AddLease(const NewLease& lease) {
  return AddLeases({&lease, 1}).front();
}

// A lease that cannot be leaves nothing behind and the others as they are.
std::vector<absl::StatusOr<int64_t>> SqliteStore::AddLeases(
    std::span<const NewLease> leases) {
  const std::lock_guard lock(write_mutex_);
  std::vector<absl::StatusOr<int64_t>> fences;
  const auto add = [&]() -> absl::Status {
    ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(writer_));
    for (const NewLease& lease : leases) {
      RETURN_IF_ERROR(writer_.Exec("SAVEPOINT lease"));
      fences.push_back(AddLeaseRows(lease));
      if (!fences.back().ok()) {
        RETURN_IF_ERROR(writer_.Exec("ROLLBACK TO lease"));
      }
      RETURN_IF_ERROR(writer_.Exec("RELEASE lease"));
    }
    return transaction.Commit();
  };
  if (const absl::Status status = add(); !status.ok()) {
    // The first trouble says more than what came of it.
    for (const auto& fence : fences) {
      if (!fence.ok() && leases.size() == 1) {
        return {fence.status()};
      }
    }
    return std::vector<absl::StatusOr<int64_t>>(leases.size(), status);
  }
  for (size_t i = 0; i < leases.size(); ++i) {
    if (fences[i].ok()) {
      waiting_.BeginLease(leases[i].job_id, leases[i].now_us);
    }
    NoteJob(leases[i].job_id);
  }
  return fences;
}

absl::StatusOr<int64_t> SqliteStore::AddLeaseRows(const NewLease& lease) {
  ASSIGN_OR_RETURN(
      const int64_t taken,
      writer_.Run("UPDATE jobs SET state = ?, fence = fence + 1, board_name = "
                  "?, agent_id = ?, lease_us = ?, revision = revision + 1 "
                  "WHERE id = ? AND state = ? AND artifact_sha256 <> ''",
                  static_cast<int>(v1::Job::FLASHING), lease.board_name,
                  lease.agent_id, lease.now_us, lease.job_id,
                  static_cast<int>(v1::Job::QUEUED)));
  if (taken != 1) {
    return absl::FailedPreconditionError(
        absl::StrCat("job j-", lease.job_id, " is not waiting for a board"));
  }
  ASSIGN_OR_RETURN(
      const int64_t added,
      writer_.Run("INSERT INTO leases (job_id, fence, agent_id, board_name, "
                  "board_uid, artifact_sha256, submitter, start_us) SELECT "
                  "j.id, j.fence, j.agent_id, j.board_name, b.uid, "
                  "j.artifact_sha256, j.submitter, ? FROM jobs j JOIN boards b "
                  "ON b.name = j.board_name WHERE j.id = ?",
                  lease.now_us, lease.job_id));
  if (added != 1) {
    return absl::FailedPreconditionError(
        absl::StrCat("no board \"", lease.board_name, "\""));
  }
  int64_t fence = 0;
  {
    ASSIGN_OR_RETURN(Query row,
                     writer_.Select("SELECT max(fence) FROM leases WHERE "
                                    "job_id = ?",
                                    lease.job_id));
    RETURN_IF_ERROR(row.Step().status());
    fence = row.Int(0);
  }
  RETURN_IF_ERROR(DropForeignSamples(writer_, lease.job_id, fence));
  return fence;
}

absl::Status SqliteStore::EndLease(int64_t job_id, int64_t fence,
                                   const std::string& reason, int64_t now_us) {
  ASSIGN_OR_RETURN(const int64_t ended,
                   writer_.Run("UPDATE leases SET end_us = ?, end_reason = ? "
                               "WHERE job_id = ? AND fence = ? AND end_us = 0",
                               now_us, reason, job_id, fence));
  return ended == 1 ? absl::OkStatus()
                    : absl::FailedPreconditionError(absl::StrCat(
                          "job j-", job_id, ": stale fence ", fence));
}

absl::StatusOr<std::vector<LeaseRecord>> SqliteStore::LiveLeases() {
  const std::lock_guard lock(read_mutex_);
  static const std::string sql =
      std::string(kLeaseColumns) + "WHERE end_us = 0 ORDER BY job_id";
  ASSIGN_OR_RETURN(Query row, reader_.Select(sql.c_str()));
  std::vector<LeaseRecord> leases;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return leases;
    }
    leases.push_back(LeaseOf(row));
  }
}

absl::StatusOr<std::optional<LeaseRecord>> SqliteStore::FindLease(
    int64_t job_id, int64_t fence) {
  const std::lock_guard lock(read_mutex_);
  static const std::string sql =
      std::string(kLeaseColumns) + "WHERE job_id = ? AND fence = ?";
  ASSIGN_OR_RETURN(Query row, reader_.Select(sql.c_str(), job_id, fence));
  ASSIGN_OR_RETURN(const bool found, row.Step());
  return found ? std::optional(LeaseOf(row)) : std::nullopt;
}

absl::StatusOr<std::vector<SubmitterUsage>> SqliteStore::Usage(
    int64_t since_us) {
  return waiting_.Usage(since_us);
}

absl::Status SqliteStore::SetStage(int64_t job_id, int64_t fence,
                                   v1::Job::State stage) {
  const std::lock_guard lock(write_mutex_);
  const Unsynced unsynced(writer_);  // the agent says it again
  ASSIGN_OR_RETURN(
      const int64_t changed,
      writer_.Run("UPDATE jobs SET state = ?1, revision = revision + 1 WHERE "
                  "id = ?2 AND fence = ?3 AND state IN (?4, ?5)",
                  static_cast<int>(stage), job_id, fence,
                  static_cast<int>(v1::Job::FLASHING),
                  static_cast<int>(v1::Job::RUNNING)));
  return changed == 1 ? absl::OkStatus()
                      : absl::FailedPreconditionError(absl::StrCat(
                            "job j-", job_id, ": stale fence ", fence));
}

}  // namespace tinyrig::server
