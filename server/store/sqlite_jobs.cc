// Jobs: their rows, their way through the states, their log.
#include <algorithm>

#include <google/protobuf/util/time_util.h>

#include "base/log.h"
#include "server/queue/job_state.h"
#include "server/request/resource_ids.h"
#include "server/store/sqlite_rows.h"
#include "server/store/sqlite_store.h"

namespace tinyrig::server {
namespace {

using google::protobuf::util::TimeUtil;

void SetTimes(const Query& row, v1::Job& job) {
  const auto set = [&row](int column, auto mutable_time) {
    if (row.Int(column) != 0) {
      *mutable_time() = TimeUtil::MicrosecondsToTimestamp(row.Int(column));
    }
  };
  set(6, [&] { return job.mutable_create_time(); });
  set(7, [&] { return job.mutable_compile_start_time(); });
  set(8, [&] { return job.mutable_compile_end_time(); });
  set(9, [&] { return job.mutable_lease_time(); });
  set(10, [&] { return job.mutable_end_time(); });
}

constexpr char kQueuedColumns[] =
    "SELECT id, board_id, submitter, artifact_sha256, priority, create_us, "
    "spec, board_name, failed_count FROM jobs WHERE state = ? ";

QueuedJob QueuedOf(const Query& row) {
  v1::JobSpec spec;
  spec.ParseFromString(row.Bytes(6));
  return {.id = row.Int(0),
          .board_id = row.Bytes(1),
          .board_name = spec.board_name(),
          .avoid_board = row.Int(8) > 0 ? row.Bytes(7) : "",
          .submitter = row.Bytes(2),
          .artifact_sha256 = row.Bytes(3),
          .priority = static_cast<int>(row.Int(4)),
          .create_us = row.Int(5)};
}

absl::Status OneRow(const absl::StatusOr<int64_t>& changed, int64_t job_id,
                    std::string_view wanted) {
  if (changed.ok() && *changed == 1) {
    return absl::OkStatus();
  }
  return changed.ok() ? absl::FailedPreconditionError(absl::StrCat(
                            "job j-", job_id, " is not ", std::string(wanted)))
                      : changed.status();
}

}  // namespace

const char kSelectJobs[] =
    "SELECT id, request_id, state, spec, dataset_sha256, sample_count, "
    "create_us, compile_start_us, compile_end_us, lease_us, end_us, "
    "artifact_sha256, compile_cached, board_name, agent_id, fence, "
    "failed_count, lost_count, cancel_requested, used_us, stored_samples, "
    "run_id, failure, revision FROM jobs ";

JobRecord JobOf(const Query& row) {
  JobRecord record;
  v1::Job& job = record.job;
  record.id = row.Int(0);
  job.set_id(JobName(record.id));
  job.set_request_id(row.Bytes(1));
  job.set_state(static_cast<v1::Job::State>(row.Int(2)));
  job.mutable_spec()->ParseFromString(row.Bytes(3));
  record.dataset_sha256 = row.Bytes(4);
  record.sample_count = row.Int(5);
  record.create_us = row.Int(6);
  record.compile_start_us = row.Int(7);
  record.compile_end_us = row.Int(8);
  SetTimes(row, job);
  job.set_artifact_sha256(row.Bytes(11));
  job.set_compile_cached(row.Int(12) != 0);
  job.set_board_name(row.Bytes(13));
  job.set_agent_id(row.Bytes(14));
  record.fence = row.Int(15);
  job.set_attempt(static_cast<int32_t>(record.fence));
  record.failed_count = static_cast<int>(row.Int(16));
  record.lost_count = static_cast<int>(row.Int(17));
  record.cancel_requested = row.Int(18) != 0;
  record.used_us = row.Int(19);
  record.stored_samples = row.Int(20);
  if (row.Int(21) != 0) {
    job.set_run_id(RunName(row.Int(21)));
  }
  if (const std::string failure = row.Bytes(22); !failure.empty()) {
    job.mutable_failure()->ParseFromString(failure);
  }
  job.set_revision(row.Int(23));
  return record;
}

absl::StatusOr<int64_t> SqliteStore::AddJob(const JobRecord& record) {
  const std::lock_guard lock(write_mutex_);
  const v1::JobSpec& spec = record.job.spec();
  const std::string bytes = spec.SerializeAsString();
  const absl::StatusOr<int64_t> added = writer_.Run(
      "INSERT INTO jobs (request_id, board_id, model_sha256, model_name, "
      "submitter, priority, state, spec, dataset_sha256, sample_count, "
      "create_us, artifact_sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
      "?) ON CONFLICT (request_id, board_id) DO NOTHING",
      record.job.request_id(), spec.board_id(), spec.model_sha256(),
      spec.model_name(), spec.submitter(), spec.priority(),
      static_cast<int>(v1::Job::QUEUED), Blob{bytes}, record.dataset_sha256,
      record.sample_count, record.create_us, record.job.artifact_sha256());
  RETURN_IF_ERROR(added.status());
  if (*added == 0) {
    return absl::AlreadyExistsError("request id is taken");
  }
  const int64_t id = writer_.LastInsertId();
  NoteJob(id);
  return id;
}

absl::StatusOr<std::optional<JobRecord>> SqliteStore::FindRequest(
    const std::string& request_id, const std::string& board_id) {
  const std::lock_guard lock(read_mutex_);
  static const std::string sql =
      std::string(kSelectJobs) + "WHERE request_id = ? AND board_id = ?";
  ASSIGN_OR_RETURN(Query row,
                   reader_.Select(sql.c_str(), request_id, board_id));
  ASSIGN_OR_RETURN(const bool found, row.Step());
  return found ? std::optional(JobOf(row)) : std::nullopt;
}

absl::StatusOr<JobRecord> SqliteStore::GetJob(int64_t id) {
  const std::lock_guard lock(read_mutex_);
  static const std::string sql = std::string(kSelectJobs) + "WHERE id = ?";
  ASSIGN_OR_RETURN(Query row, reader_.Select(sql.c_str(), id));
  ASSIGN_OR_RETURN(const bool found, row.Step());
  if (!found) {
    return absl::NotFoundError(absl::StrCat("no job j-", id));
  }
  return JobOf(row);
}

absl::StatusOr<ListPage<JobRecord>> SqliteStore::ListJobs(
    const ListRequest& request) {
  static const std::string sql = std::string(kSelectJobs) + "WHERE id = ?";
  ListPage<JobRecord> page;
  ASSIGN_OR_RETURN(page.next, lists_->Read(kJobTable, request, sql.c_str(),
                                           [&](const Query& row) {
                                             page.rows.push_back(JobOf(row));
                                           }));
  return page;
}

absl::StatusOr<std::vector<QueuedJob>> SqliteStore::Queue() {
  return waiting_.All();
}

absl::StatusOr<int64_t> SqliteStore::QueuedCount() {
  return static_cast<int64_t>(waiting_.size());
}

absl::Status SqliteStore::ReadWaiting() {
  const std::lock_guard lock(write_mutex_);
  {
    const std::string sql = std::string(kQueuedColumns) + "ORDER BY id";
    ASSIGN_OR_RETURN(
        Query row,
        writer_.Select(sql.c_str(), static_cast<int>(v1::Job::QUEUED)));
    while (true) {
      ASSIGN_OR_RETURN(const bool more, row.Step());
      if (!more) {
        break;
      }
      waiting_.Put(QueuedOf(row));
    }
  }
  {
    ASSIGN_OR_RETURN(Query row,
                     writer_.Select("SELECT name, board_id FROM boards"));
    const std::lock_guard kinds_lock(kinds_mutex_);
    while (true) {
      ASSIGN_OR_RETURN(const bool more, row.Step());
      if (!more) {
        break;
      }
      kinds_[row.Bytes(0)] = row.Bytes(1);
    }
  }
  // Those of the last ten minutes, then the live ones: a job may have both.
  ASSIGN_OR_RETURN(
      Query row,
      writer_.Select(
          "SELECT job_id, submitter, start_us, end_us FROM leases WHERE end_us "
          "> 0 AND start_us >= (SELECT max(start_us) FROM leases) - ? UNION "
          "ALL SELECT job_id, submitter, start_us, end_us FROM leases WHERE "
          "end_us = 0",
          kUsageWindowUs));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return absl::OkStatus();
    }
    waiting_.AddLease(row.Int(0), row.Bytes(1), row.Int(2));
    if (row.Int(3) != 0) {
      waiting_.EndLease(row.Int(0));
    }
  }
}

void SqliteStore::NoteJob(int64_t job_id) {
  unnoted_.insert(job_id);
  for (auto it = unnoted_.begin(); it != unnoted_.end();) {
    static const std::string sql = std::string(kQueuedColumns) + "AND id = ?";
    auto row =
        writer_.Select(sql.c_str(), static_cast<int>(v1::Job::QUEUED), *it);
    const auto found =
        row.ok() ? row->Step() : absl::StatusOr<bool>(row.status());
    if (!found.ok()) {
      LOG_ERROR("store", "what waits: {}", found.status().ToString());
      return;
    }
    if (*found) {
      waiting_.Put(QueuedOf(*row));
    } else {
      waiting_.Remove(*it);
    }
    it = unnoted_.erase(it);
  }
}

absl::StatusOr<std::vector<int64_t>> SqliteStore::JobsIn(v1::Job::State state) {
  const std::lock_guard lock(read_mutex_);
  ASSIGN_OR_RETURN(
      Query row, reader_.Select("SELECT id FROM jobs WHERE state = ? ORDER BY "
                                "id",
                                static_cast<int>(state)));
  std::vector<int64_t> ids;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return ids;
    }
    ids.push_back(row.Int(0));
  }
}

absl::Status SqliteStore::RaiseRevisions() {
  const std::lock_guard lock(write_mutex_);
  return writer_
      .Run(
          "UPDATE jobs SET revision = revision + 1 "
          "WHERE state < ?",
          static_cast<int>(v1::Job::SUCCEEDED))
      .status();
}

absl::Status SqliteStore::BeginCompile(int64_t id, int64_t now_us) {
  const std::lock_guard lock(write_mutex_);
  RETURN_IF_ERROR(
      OneRow(writer_.Run("UPDATE jobs SET state = ?, compile_start_us = ?, "
                         "revision = revision + 1 WHERE id = ? AND state = "
                         "? AND artifact_sha256 = ''",
                         static_cast<int>(v1::Job::COMPILING), now_us, id,
                         static_cast<int>(v1::Job::QUEUED)),
             id, "waiting for the compiler"));
  NoteJob(id);
  return absl::OkStatus();
}

absl::Status SqliteStore::EndCompile(int64_t id,
                                     const std::string& artifact_sha256,
                                     bool cached, int64_t now_us) {
  const std::lock_guard lock(write_mutex_);
  // A cached artifact may have been collected since it was found.
  RETURN_IF_ERROR(OneRow(
      writer_.Run(
          "UPDATE jobs SET state = ?1, artifact_sha256 = ?2, "
          "compile_cached = ?3, compile_start_us = iif(?3, ?4, "
          "compile_start_us), compile_end_us = ?4, used_us = used_us + "
          "iif(?3, 0, ?4 - compile_start_us), revision = revision + 1 "
          "WHERE id = ?5 AND state = ?6 AND artifact_sha256 = '' AND (NOT ?3 "
          "OR EXISTS (SELECT 1 FROM blobs WHERE sha256 = ?2))",
          static_cast<int>(v1::Job::QUEUED), artifact_sha256, cached, now_us,
          id, static_cast<int>(cached ? v1::Job::QUEUED : v1::Job::COMPILING)),
      id, "being compiled"));
  NoteJob(id);
  return absl::OkStatus();
}

absl::Status SqliteStore::EndAttempt(
    const Ending& ending, std::initializer_list<v1::Job::State> expected) {
  std::string states;
  for (const v1::Job::State from : expected) {
    if (!IsLegal(from, ending.next)) {
      return absl::InternalError(
          absl::StrCat("job state: ", v1::Job::State_Name(from),
                       " cannot become ", v1::Job::State_Name(ending.next)));
    }
    absl::StrAppend(&states, states.empty() ? "" : ",", static_cast<int>(from));
  }
  const std::string sql = absl::StrCat(
      "UPDATE jobs SET state = ?1, failure = ?2, end_us = ?3, failed_count = "
      "?4, lost_count = ?5, used_us = used_us + iif(?6 != 0, ?7 - lease_us, "
      "0), revision = revision + 1 WHERE id = ?8 AND (?6 = 0 OR fence = ?6) "
      "AND state IN (",
      states, ")");
  const bool ended = HasEnded(ending.next);
  const std::string failure =
      ended ? ending.failure.SerializeAsString() : std::string();
  const std::lock_guard lock(write_mutex_);
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(writer_));
  RETURN_IF_ERROR(
      OneRow(writer_.Run(sql.c_str(), static_cast<int>(ending.next),
                         Blob{failure}, ended ? ending.now_us : int64_t{0},
                         ending.failed_count, ending.lost_count, ending.fence,
                         ending.now_us, ending.job_id),
             ending.job_id, "in the state that this end expects"));
  if (ending.fence != 0) {
    RETURN_IF_ERROR(EndLease(ending.job_id, ending.fence, ending.end_reason,
                             ending.now_us));
    if (ending.next == v1::Job::FAILED) {
      RETURN_IF_ERROR(
          writer_
              .Run("UPDATE boards SET failed_job_count = failed_job_count + 1 "
                   "WHERE name = (SELECT board_name FROM jobs WHERE id = ?)",
                   ending.job_id)
              .status());
    }
  }
  RETURN_IF_ERROR(transaction.Commit());
  if (ending.fence != 0) {
    waiting_.EndLease(ending.job_id);
  }
  NoteJob(ending.job_id);
  return absl::OkStatus();
}

absl::Status SqliteStore::RequestCancel(int64_t id) {
  const std::lock_guard lock(write_mutex_);
  return OneRow(writer_.Run("UPDATE jobs SET cancel_requested = 1, revision = "
                            "revision + 1 WHERE id = ? AND state IN (?, ?)",
                            id, static_cast<int>(v1::Job::FLASHING),
                            static_cast<int>(v1::Job::RUNNING)),
                id, "on a board");
}

absl::Status SqliteStore::AddLog(int64_t job_id,
                                 std::span<const LogLine> lines) {
  if (lines.empty()) {
    return absl::OkStatus();
  }
  const std::lock_guard lock(write_mutex_);
  const Unsynced unsynced(writer_);
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(writer_));
  for (const LogLine& line : lines) {
    RETURN_IF_ERROR(
        writer_
            .Run("INSERT INTO job_log SELECT ?1, coalesce(max(line) + 1, 0), "
                 "?2, ?3, ?4 FROM job_log WHERE job_id = ?1 HAVING "
                 "coalesce(max(line), 0) < ?5 - 1",
                 job_id, line.time_us, line.source, line.text, kMaxJobLogLines)
            .status());
  }
  return transaction.Commit();
}

absl::StatusOr<std::vector<LogLine>> SqliteStore::Log(int64_t job_id,
                                                      int64_t from, int limit) {
  const std::lock_guard lock(read_mutex_);
  ASSIGN_OR_RETURN(
      Query row, reader_.Select("SELECT time_us, source, text FROM job_log "
                                "WHERE job_id = ? AND line >= ? ORDER BY line "
                                "LIMIT ?",
                                job_id, from, limit));
  std::vector<LogLine> lines;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return lines;
    }
    lines.push_back({row.Int(0), row.Bytes(1), row.Bytes(2)});
  }
}

}  // namespace tinyrig::server
