#include "server/admin/collect.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/log.h"
#include "tinyrig/v1/job.pb.h"

namespace tinyrig::server {
namespace {

// A transaction begins nothing new after this; others wait so long at most.
constexpr int64_t kBatchUs = 8000;
constexpr int64_t kRowsAtOnce = 500;

absl::StatusOr<int64_t> OneInt(Database& database, const char* sql) {
  ASSIGN_OR_RETURN(Query row, database.Select(sql));
  RETURN_IF_ERROR(row.Step().status());
  return row.Int(0);
}

}  // namespace

// Where the deletion of one job stands.
struct Collector::JobCursor {
  size_t index = 0;
  bool begun = false;
  int64_t deleted = 0;
};

absl::StatusOr<v1::CollectGarbageResponse> Collector::Collect(
    const RetentionRules& rules, bool dry_run, bool compact) {
  rules_ = rules;
  start_us_ = parts_.clock.UnixMicros();
  keep_since_us_ = KeepSinceUs(rules, start_us_);
  response_.set_dry_run(dry_run);
  ASSIGN_OR_RETURN(Database reader,
                   Database::Open(parts_.database, Database::Mode::kReadOnly));
  RETURN_IF_ERROR(PlanRuns(reader));
  RETURN_IF_ERROR(PlanJobs(reader));
  leaving_.cache_before_us = keep_since_us_;
  if (!dry_run) {
    RETURN_IF_ERROR(DeleteRuns());
    RETURN_IF_ERROR(DeleteJobs());
    leaving_ = {.cache_before_us = keep_since_us_};
    RETURN_IF_ERROR(DeleteCacheEntries(reader));
    RETURN_IF_ERROR(DeleteBoardEvents());
  }
  ASSIGN_OR_RETURN(const BlobPlan blobs, PlanBlobs(reader));
  if (dry_run) {
    response_.set_deleted_run_count(static_cast<int64_t>(runs_.size()));
    response_.set_deleted_job_count(static_cast<int64_t>(jobs_.size()));
    response_.set_deleted_blob_count(
        static_cast<int64_t>(blobs.rows.size() + blobs.files.size()));
    response_.set_freed_blob_bytes(blobs.bytes);
  } else {
    RETURN_IF_ERROR(DeleteBlobs(blobs));
    if (compact) {
      RETURN_IF_ERROR(Compact());
    }
  }
  RETURN_IF_ERROR(Count(reader));
  if (!dry_run) {
    LOG_INFO("admin", "gc: {} runs, {} jobs, {} blobs deleted",
             response_.deleted_run_count(), response_.deleted_job_count(),
             response_.deleted_blob_count());
  }
  return response_;
}

absl::Status Collector::PlanRuns(Database& reader) {
  RunRetention retention(rules_, start_us_);
  ASSIGN_OR_RETURN(
      Query row,
      reader.Select(
          "SELECT id, model_name, board_id, origin, create_us, EXISTS (SELECT "
          "1 FROM baselines WHERE run_id = runs.id) FROM runs ORDER BY "
          "model_name DESC, board_id DESC, origin DESC, create_us DESC, id "
          "DESC"));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return absl::OkStatus();
    }
    if (!retention.Keeps({.model_name = row.Bytes(1),
                          .board_id = row.Bytes(2),
                          .origin = row.Int(3),
                          .create_us = row.Int(4),
                          .is_baseline = row.Int(5) != 0})) {
      runs_.push_back(row.Int(0));
      leaving_.runs.insert(row.Int(0));
    }
  }
}

// Jobs of runs that go, jobs that ended without a run, and jobs whose run an
// earlier collection deleted before it was killed (SUCCEEDED, run_id 0).
absl::Status Collector::PlanJobs(Database& reader) {
  for (const int64_t run : runs_) {
    ASSIGN_OR_RETURN(
        Query row, reader.Select("SELECT job_id FROM runs WHERE id = ?", run));
    ASSIGN_OR_RETURN(const bool found, row.Step());
    if (found) {
      leaving_.jobs.insert(row.Int(0));
    }
  }
  ASSIGN_OR_RETURN(
      Query row,
      reader.Select("SELECT id FROM jobs WHERE end_us > 0 AND end_us < ?1 AND "
                    "run_id = 0 AND state IN (?2, ?3, ?4)",
                    keep_since_us_, static_cast<int>(v1::Job::SUCCEEDED),
                    static_cast<int>(v1::Job::FAILED),
                    static_cast<int>(v1::Job::CANCELLED)));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      break;
    }
    leaving_.jobs.insert(row.Int(0));
  }
  jobs_.assign(leaving_.jobs.begin(), leaving_.jobs.end());
  std::ranges::sort(jobs_);
  return absl::OkStatus();
}

absl::Status Collector::DeleteRuns() {
  std::ranges::sort(runs_);
  for (size_t next = 0; next < runs_.size();) {
    const int64_t begin_us = parts_.clock.MonotonicMicros();
    int64_t deleted = 0;
    const absl::Status changed =
        parts_.store.Change([&](Database& writer) -> absl::Status {
          while (next < runs_.size() &&
                 parts_.clock.MonotonicMicros() - begin_us < kBatchUs) {
            RETURN_IF_ERROR(DeleteRun(writer, runs_[next++], &deleted));
          }
          return absl::OkStatus();
        });
    RETURN_IF_ERROR(changed);
    response_.set_deleted_run_count(response_.deleted_run_count() + deleted);
    RETURN_IF_ERROR(Pause(parts_.clock.MonotonicMicros() - begin_us));
  }
  return absl::OkStatus();
}

// The run goes at once; its job, with perhaps a million predictions, later.
absl::Status Collector::DeleteRun(Database& writer, int64_t run_id,
                                  int64_t* deleted) {
  {
    ASSIGN_OR_RETURN(
        Query row,
        writer.Select("SELECT 1 FROM baselines WHERE run_id = ?", run_id));
    ASSIGN_OR_RETURN(const bool is_baseline, row.Step());
    if (is_baseline) {
      return absl::OkStatus();  // made one since the plan
    }
  }
  for (const char* sql :
       {"DELETE FROM run_samples WHERE run_id = ?",
        "DELETE FROM run_layers WHERE run_id = ?",
        "DELETE FROM run_plan WHERE run_id = ?",
        "UPDATE jobs SET run_id = 0, revision = revision + 1 "
        "WHERE id = (SELECT job_id FROM runs WHERE id = ?)"}) {
    RETURN_IF_ERROR(writer.Run(sql, run_id).status());
  }
  ASSIGN_OR_RETURN(const int64_t gone,
                   writer.Run("DELETE FROM runs WHERE id = ?", run_id));
  *deleted += gone;
  return absl::OkStatus();
}

absl::Status Collector::DeleteJobs() {
  JobCursor cursor;
  while (cursor.index < jobs_.size()) {
    const int64_t begin_us = parts_.clock.MonotonicMicros();
    cursor.deleted = 0;
    const absl::Status changed =
        parts_.store.Change([&](Database& writer) -> absl::Status {
          while (cursor.index < jobs_.size() &&
                 parts_.clock.MonotonicMicros() - begin_us < kBatchUs) {
            ASSIGN_OR_RETURN(const bool done, DeleteJobSlice(writer, cursor));
            if (done) {
              ++cursor.index;
              cursor.begun = false;
            }
          }
          return absl::OkStatus();
        });
    RETURN_IF_ERROR(changed);
    response_.set_deleted_job_count(response_.deleted_job_count() +
                                    cursor.deleted);
    RETURN_IF_ERROR(Pause(parts_.clock.MonotonicMicros() - begin_us));
  }
  return absl::OkStatus();
}

// True: nothing is left to do for this job.
absl::StatusOr<bool> Collector::DeleteJobSlice(Database& writer,
                                               JobCursor& cursor) {
  const int64_t id = jobs_[cursor.index];
  if (!cursor.begun) {
    // Its run may have become a baseline since the plan.
    ASSIGN_OR_RETURN(
        const int64_t ours,
        writer.Run("UPDATE jobs SET stored_samples = 0 WHERE id = ?1 AND state "
                   ">= ?2 AND NOT EXISTS (SELECT 1 FROM runs WHERE job_id = "
                   "?1)",
                   id, static_cast<int>(v1::Job::SUCCEEDED)));
    if (ours == 0) {
      return true;
    }
    cursor.begun = true;
  }
  for (const char* sql :
       {"DELETE FROM predictions WHERE job_id = ?1 AND sample_index < ?2 + "
        "(SELECT min(sample_index) FROM predictions WHERE job_id = ?1)",
        "DELETE FROM job_log WHERE job_id = ?1 AND line < ?2 + (SELECT "
        "min(line) FROM job_log WHERE job_id = ?1)"}) {
    ASSIGN_OR_RETURN(const int64_t rows, writer.Run(sql, id, kRowsAtOnce));
    if (rows > 0) {
      return false;
    }
  }
  RETURN_IF_ERROR(
      writer.Run("DELETE FROM leases WHERE job_id = ?", id).status());
  ASSIGN_OR_RETURN(const int64_t gone,
                   writer.Run("DELETE FROM jobs WHERE id = ?", id));
  cursor.deleted += gone;
  return true;
}

// An entry that was used since has a job that stays.
absl::Status Collector::DeleteCacheEntries(Database& reader) {
  ASSIGN_OR_RETURN(const BlobNames names, NamedBlobs(reader, leaving_));
  std::vector<std::string> artifacts;
  {
    ASSIGN_OR_RETURN(Query row,
                     reader.Select("SELECT DISTINCT artifact_sha256 FROM "
                                   "compile_cache WHERE create_us < ?",
                                   keep_since_us_));
    while (true) {
      ASSIGN_OR_RETURN(const bool more, row.Step());
      if (!more) {
        break;
      }
      const auto named = names.find(row.Bytes(0));
      if (named == names.end() || named->second.spare) {
        artifacts.push_back(row.Bytes(0));
      }
    }
  }
  for (const std::string& artifact : artifacts) {
    RETURN_IF_ERROR(parts_.store.Change([&](Database& writer) {
      return writer
          .Run(
              "DELETE FROM compile_cache WHERE artifact_sha256 = ? AND "
              "create_us < ?",
              artifact, keep_since_us_)
          .status();
    }));
    RETURN_IF_ERROR(Pause(0));
  }
  return absl::OkStatus();
}

// Of each board the last event before the kept time says how it began.
absl::Status Collector::DeleteBoardEvents() {
  int64_t gone = 0;
  do {
    const int64_t begin_us = parts_.clock.MonotonicMicros();
    const absl::Status changed =
        parts_.store.Change([&](Database& writer) -> absl::Status {
          ASSIGN_OR_RETURN(
              gone,
              writer.Run("DELETE FROM board_events WHERE id IN (SELECT id "
                         "FROM board_events WHERE time_us < ?1 AND id NOT IN "
                         "(SELECT max(id) FROM board_events WHERE time_us < "
                         "?1 GROUP BY board_name) LIMIT ?2)",
                         keep_since_us_, kRowsAtOnce));
          return absl::OkStatus();
        });
    RETURN_IF_ERROR(changed);
    RETURN_IF_ERROR(Pause(parts_.clock.MonotonicMicros() - begin_us));
  } while (gone > 0);
  return absl::OkStatus();
}

absl::Status Collector::Count(Database& reader) {
  ASSIGN_OR_RETURN(const int64_t runs,
                   OneInt(reader, "SELECT count(*) FROM runs"));
  ASSIGN_OR_RETURN(
      const int64_t baselines,
      OneInt(reader, "SELECT count(DISTINCT run_id) FROM baselines"));
  response_.set_kept_run_count(
      response_.dry_run() ? runs - response_.deleted_run_count() : runs);
  response_.set_kept_baseline_count(baselines);
  return absl::OkStatus();
}

// As long as the lab had to wait, it now has to itself.
absl::Status Collector::Pause(int64_t busy_us) {
  std::this_thread::sleep_for(
      std::chrono::microseconds(std::clamp<int64_t>(busy_us, 200, 100'000)));
  return parts_.gone && parts_.gone()
             ? absl::CancelledError("stopped: the caller has gone")
             : absl::OkStatus();
}

}  // namespace tinyrig::server
