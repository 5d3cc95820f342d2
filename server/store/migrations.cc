#include "server/store/migrations.h"

#include <array>

#include "server/store/sqlite.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::server {
namespace {

// Headline figures are columns (filtered and sorted by the million), what is
// only shown one run at a time is a serialised message in `detail`.
constexpr const char* kFirst = R"sql(
CREATE TABLE blobs (
  sha256 TEXT PRIMARY KEY, size_bytes INTEGER NOT NULL,
  create_us INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE agents (
  agent_id TEXT PRIMARY KEY, instance_id TEXT NOT NULL, version TEXT NOT NULL,
  last_seen_us INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE boards (
  name TEXT PRIMARY KEY, agent_id TEXT NOT NULL REFERENCES agents(agent_id),
  board_id TEXT NOT NULL, uid TEXT NOT NULL, state INTEGER NOT NULL,
  last_fault TEXT NOT NULL, last_seen_us INTEGER NOT NULL,
  erase_count INTEGER NOT NULL, finished_job_count INTEGER NOT NULL DEFAULT 0,
  failed_job_count INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX boards_kind ON boards(board_id);
CREATE TABLE datasets (
  name TEXT PRIMARY KEY, sha256 TEXT NOT NULL REFERENCES blobs(sha256),
  sample_count INTEGER NOT NULL, sample_bytes INTEGER NOT NULL,
  class_count INTEGER NOT NULL, preprocessing TEXT NOT NULL,
  create_us INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX datasets_sha256 ON datasets(sha256);
CREATE TABLE dataset_samples (
  sha256 TEXT NOT NULL REFERENCES blobs(sha256), sample_index INTEGER NOT NULL,
  name TEXT NOT NULL, label INTEGER NOT NULL,
  PRIMARY KEY (sha256, sample_index)) WITHOUT ROWID;
CREATE TABLE compile_cache (
  model_sha256 TEXT NOT NULL, board_id TEXT NOT NULL, options TEXT NOT NULL,
  engine_version TEXT NOT NULL,
  artifact_sha256 TEXT NOT NULL REFERENCES blobs(sha256),
  create_us INTEGER NOT NULL,
  PRIMARY KEY (model_sha256, board_id, options, engine_version)) WITHOUT ROWID;
CREATE TABLE jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, request_id TEXT NOT NULL,
  board_id TEXT NOT NULL, model_sha256 TEXT NOT NULL REFERENCES blobs(sha256),
  model_name TEXT NOT NULL, submitter TEXT NOT NULL,
  priority INTEGER NOT NULL, state INTEGER NOT NULL, spec BLOB NOT NULL,
  dataset_sha256 TEXT NOT NULL, sample_count INTEGER NOT NULL,
  create_us INTEGER NOT NULL, compile_start_us INTEGER NOT NULL DEFAULT 0,
  compile_end_us INTEGER NOT NULL DEFAULT 0,
  lease_us INTEGER NOT NULL DEFAULT 0, end_us INTEGER NOT NULL DEFAULT 0,
  artifact_sha256 TEXT NOT NULL DEFAULT '',
  compile_cached INTEGER NOT NULL DEFAULT 0,
  board_name TEXT NOT NULL DEFAULT '', agent_id TEXT NOT NULL DEFAULT '',
  fence INTEGER NOT NULL DEFAULT 0, failed_count INTEGER NOT NULL DEFAULT 0,
  lost_count INTEGER NOT NULL DEFAULT 0,
  cancel_requested INTEGER NOT NULL DEFAULT 0,
  used_us INTEGER NOT NULL DEFAULT 0,
  stored_samples INTEGER NOT NULL DEFAULT 0,
  run_id INTEGER NOT NULL DEFAULT 0, failure BLOB NOT NULL DEFAULT x'',
  revision INTEGER NOT NULL DEFAULT 1,
  UNIQUE (request_id, board_id));
CREATE INDEX jobs_state ON jobs(state, id);
CREATE INDEX jobs_board ON jobs(board_id, id);
CREATE INDEX jobs_submitter ON jobs(submitter, id);
CREATE INDEX jobs_model_name ON jobs(model_name, id);
CREATE TABLE leases (
  job_id INTEGER NOT NULL REFERENCES jobs(id), fence INTEGER NOT NULL,
  agent_id TEXT NOT NULL REFERENCES agents(agent_id),
  board_name TEXT NOT NULL REFERENCES boards(name), board_uid TEXT NOT NULL,
  artifact_sha256 TEXT NOT NULL, submitter TEXT NOT NULL,
  start_us INTEGER NOT NULL, end_us INTEGER NOT NULL DEFAULT 0,
  end_reason TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (job_id, fence)) WITHOUT ROWID;
CREATE UNIQUE INDEX leases_live_job ON leases(job_id) WHERE end_us = 0;
CREATE UNIQUE INDEX leases_live_board ON leases(board_name) WHERE end_us = 0;
CREATE INDEX leases_recent ON leases(start_us);
CREATE TABLE predictions (
  job_id INTEGER NOT NULL REFERENCES jobs(id), sample_index INTEGER NOT NULL,
  label INTEGER NOT NULL, predicted INTEGER NOT NULL,
  cycles INTEGER NOT NULL, output BLOB NOT NULL,
  PRIMARY KEY (job_id, sample_index)) WITHOUT ROWID;
CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  job_id INTEGER NOT NULL UNIQUE REFERENCES jobs(id),
  model_name TEXT NOT NULL, model_sha256 TEXT NOT NULL,
  board_id TEXT NOT NULL, board_name TEXT NOT NULL,
  dataset_name TEXT NOT NULL, dataset_sha256 TEXT NOT NULL,
  submitter TEXT NOT NULL, origin INTEGER NOT NULL, create_us INTEGER NOT NULL,
  cycles_min INTEGER NOT NULL, cycles_p50 INTEGER NOT NULL,
  cycles_p90 INTEGER NOT NULL, cycles_max INTEGER NOT NULL,
  clock_hz INTEGER NOT NULL, instructions INTEGER NOT NULL,
  memory_bytes INTEGER NOT NULL, flash_bytes INTEGER NOT NULL,
  correct INTEGER NOT NULL, total INTEGER NOT NULL, detail BLOB NOT NULL);
CREATE INDEX runs_model ON runs(model_sha256, board_id, id);
CREATE INDEX runs_model_name ON runs(model_name, id);
CREATE INDEX runs_board ON runs(board_id, id);
CREATE INDEX runs_dataset ON runs(dataset_name, id);
CREATE INDEX runs_submitter ON runs(submitter, id);
CREATE INDEX runs_origin ON runs(origin, id);
CREATE TABLE run_samples (
  run_id INTEGER NOT NULL REFERENCES runs(id), sample_index INTEGER NOT NULL,
  cycles INTEGER NOT NULL,
  PRIMARY KEY (run_id, sample_index)) WITHOUT ROWID;
CREATE TABLE run_layers (
  run_id INTEGER NOT NULL REFERENCES runs(id), layer_index INTEGER NOT NULL,
  op TEXT NOT NULL, name TEXT NOT NULL, macs INTEGER NOT NULL,
  cycles INTEGER NOT NULL, info BLOB NOT NULL,
  PRIMARY KEY (run_id, layer_index)) WITHOUT ROWID;
CREATE TABLE run_plan (
  run_id INTEGER NOT NULL REFERENCES runs(id), entry_index INTEGER NOT NULL,
  tensor TEXT NOT NULL, offset_bytes INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL, first_layer INTEGER NOT NULL,
  last_layer INTEGER NOT NULL,
  PRIMARY KEY (run_id, entry_index)) WITHOUT ROWID;
CREATE TABLE job_log (
  job_id INTEGER NOT NULL REFERENCES jobs(id), line INTEGER NOT NULL,
  time_us INTEGER NOT NULL, source TEXT NOT NULL, text TEXT NOT NULL,
  PRIMARY KEY (job_id, line)) WITHOUT ROWID;
)sql";

// For QueryService: the newest runs of a model on a kind of board, and jobs by
// failure class (a serialised Failure begins with its class: tag, number).
constexpr const char* kQueries = R"sql(
CREATE INDEX runs_cell ON runs(model_name, board_id, id);
CREATE INDEX jobs_failure ON jobs(substr(failure, 1, 2)) WHERE failure <> x'';
)sql";

// Who this server is (results name their maker), runs that are never deleted,
// the health of boards over time, and what garbage collection looks up.
constexpr const char* kAdmin = R"sql(
CREATE TABLE meta (
  key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('server_id', lower(hex(randomblob(16))));
CREATE TABLE baselines (
  name TEXT PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES runs(id),
  create_us INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX baselines_run ON baselines(run_id);
CREATE TABLE board_events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  board_name TEXT NOT NULL REFERENCES boards(name), time_us INTEGER NOT NULL,
  state INTEGER NOT NULL, fault TEXT NOT NULL);
CREATE INDEX board_events_board ON board_events(board_name, time_us);
CREATE INDEX leases_board ON leases(board_name, start_us);
CREATE INDEX jobs_model ON jobs(model_sha256);
CREATE INDEX jobs_end ON jobs(end_us);
)sql";

// What a page may not count or parse by the million: runs of each cell of the
// overview and jobs of each state, kept by triggers, so that whoever inserts or
// deletes keeps them true; the columns of a time series in one index. A failure
// begins with its class (see above); substr of an empty blob is NULL.
// environment_id 0: only `detail` knows.
constexpr const char* kScale = R"sql(
CREATE TABLE environments (
  id INTEGER PRIMARY KEY, detail BLOB NOT NULL UNIQUE);
ALTER TABLE runs ADD COLUMN environment_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN arena_bytes INTEGER NOT NULL DEFAULT 0;
CREATE INDEX runs_series ON runs(
  model_name, board_id, origin, create_us, id, cycles_p50, clock_hz,
  instructions, arena_bytes, memory_bytes, flash_bytes, correct, total,
  environment_id);
CREATE TABLE run_cells (
  model_name TEXT NOT NULL, board_id TEXT NOT NULL, origin INTEGER NOT NULL,
  run_count INTEGER NOT NULL, revision INTEGER NOT NULL,
  PRIMARY KEY (model_name, board_id, origin)) WITHOUT ROWID;
CREATE INDEX run_cells_revision ON run_cells(revision);
INSERT INTO run_cells SELECT model_name, board_id, origin, count(*), 1 FROM runs
  GROUP BY model_name, board_id, origin;
CREATE TRIGGER runs_inserted AFTER INSERT ON runs BEGIN
  INSERT INTO run_cells VALUES (new.model_name, new.board_id, new.origin, 1,
    (SELECT coalesce(max(revision), 0) + 1 FROM run_cells))
  ON CONFLICT (model_name, board_id, origin) DO UPDATE SET
    run_count = run_count + 1, revision = excluded.revision;
END;
CREATE TRIGGER runs_deleted AFTER DELETE ON runs BEGIN
  UPDATE run_cells SET run_count = run_count - 1,
    revision = (SELECT max(revision) + 1 FROM run_cells)
  WHERE model_name = old.model_name AND board_id = old.board_id
    AND origin = old.origin;
END;
CREATE TABLE job_counts (
  state INTEGER NOT NULL, failure BLOB NOT NULL, job_count INTEGER NOT NULL,
  PRIMARY KEY (state, failure)) WITHOUT ROWID;
INSERT INTO job_counts SELECT state, ifnull(substr(failure, 1, 2), x''),
  count(*) FROM jobs GROUP BY 1, 2;
CREATE TRIGGER jobs_inserted AFTER INSERT ON jobs BEGIN
  INSERT INTO job_counts VALUES (
    new.state, ifnull(substr(new.failure, 1, 2), x''), 1)
  ON CONFLICT (state, failure) DO UPDATE SET job_count = job_count + 1;
END;
CREATE TRIGGER jobs_moved AFTER UPDATE OF state, failure ON jobs
WHEN new.state <> old.state OR new.failure <> old.failure BEGIN
  UPDATE job_counts SET job_count = job_count - 1
  WHERE state = old.state AND failure = ifnull(substr(old.failure, 1, 2), x'');
  INSERT INTO job_counts VALUES (
    new.state, ifnull(substr(new.failure, 1, 2), x''), 1)
  ON CONFLICT (state, failure) DO UPDATE SET job_count = job_count + 1;
END;
CREATE TRIGGER jobs_deleted AFTER DELETE ON jobs BEGIN
  UPDATE job_counts SET job_count = job_count - 1
  WHERE state = old.state AND failure = ifnull(substr(old.failure, 1, 2), x'');
END;
)sql";

// Runs stored before these columns were have both in their message only.
absl::Status FillScale(Database& database) {
  ASSIGN_OR_RETURN(Query row, database.Select("SELECT id, detail FROM runs"));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return absl::OkStatus();
    }
    v1::Run run;
    run.ParseFromString(row.Bytes(1));
    const std::string environment = run.environment().SerializeAsString();
    RETURN_IF_ERROR(
        database
            .Run("INSERT OR IGNORE INTO environments (detail) VALUES (?)",
                 Blob{environment})
            .status());
    RETURN_IF_ERROR(
        database
            .Run("UPDATE runs SET arena_bytes = ?, environment_id = (SELECT id "
                 "FROM environments WHERE detail = ?) WHERE id = ?",
                 int64_t{run.memory().arena_bytes()}, Blob{environment},
                 row.Int(0))
            .status());
  }
}

struct Migration {
  const char* sql;
  absl::Status (*then)(Database&) = nullptr;  ///< what SQL cannot say
};

// All that a board's history asks of a lease, side by side.
constexpr const char* kHistory = R"sql(
DROP INDEX leases_board;
CREATE INDEX leases_board ON leases(board_name, start_us, end_us, end_reason);
)sql";

// Lists in any order (list_reader.h). Rows of equal model, board kind, origin,
// dataset and submitter are a group: a filter by these picks groups, and each
// group stands in each order in an index. Triggers, so that whoever inserts
// keeps them true. All columns that a walk needs are in its index.
constexpr const char* kOrders = R"sql(
CREATE TABLE run_groups (
  id INTEGER PRIMARY KEY, model_name TEXT NOT NULL, board_id TEXT NOT NULL,
  origin INTEGER NOT NULL, dataset_name TEXT NOT NULL, submitter TEXT NOT NULL,
  UNIQUE (model_name, board_id, origin, dataset_name, submitter));
ALTER TABLE runs ADD COLUMN group_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN us_p50 REAL;
ALTER TABLE runs ADD COLUMN top1 REAL;
INSERT INTO run_groups (model_name, board_id, origin, dataset_name, submitter)
  SELECT DISTINCT model_name, board_id, origin, dataset_name, submitter
  FROM runs;
UPDATE runs SET us_p50 = cycles_p50 * 1e6 / nullif(clock_hz, 0),
  top1 = correct * 1.0 / nullif(total, 0),
  group_id = (SELECT g.id FROM run_groups g
    WHERE g.model_name = runs.model_name AND g.board_id = runs.board_id
      AND g.origin = runs.origin AND g.dataset_name = runs.dataset_name
      AND g.submitter = runs.submitter);
CREATE TRIGGER runs_grouped AFTER INSERT ON runs BEGIN
  INSERT INTO run_groups (model_name, board_id, origin, dataset_name, submitter)
    SELECT new.model_name, new.board_id, new.origin, new.dataset_name,
      new.submitter
    WHERE NOT EXISTS (SELECT 1 FROM run_groups g
      WHERE g.model_name = new.model_name AND g.board_id = new.board_id
        AND g.origin = new.origin AND g.dataset_name = new.dataset_name
        AND g.submitter = new.submitter);
  UPDATE runs SET us_p50 = new.cycles_p50 * 1e6 / nullif(new.clock_hz, 0),
    top1 = new.correct * 1.0 / nullif(new.total, 0),
    group_id = (SELECT g.id FROM run_groups g
      WHERE g.model_name = new.model_name AND g.board_id = new.board_id
        AND g.origin = new.origin AND g.dataset_name = new.dataset_name
        AND g.submitter = new.submitter)
  WHERE id = new.id;
END;
CREATE INDEX runs_group ON runs(group_id, id);
CREATE INDEX runs_group_time ON runs(group_id, create_us, id);
CREATE INDEX runs_group_us_p50 ON runs(group_id, us_p50, id);
CREATE INDEX runs_group_sram ON runs(group_id, memory_bytes, id);
CREATE INDEX runs_group_flash ON runs(group_id, flash_bytes, id);
CREATE INDEX runs_group_top1 ON runs(group_id, top1, id);
CREATE INDEX runs_time ON runs(create_us, id, group_id);
CREATE INDEX runs_us_p50 ON runs(us_p50, id, group_id);
CREATE INDEX runs_sram ON runs(memory_bytes, id, group_id);
CREATE INDEX runs_flash ON runs(flash_bytes, id, group_id);
CREATE INDEX runs_top1 ON runs(top1, id, group_id);
DROP INDEX runs_model_name;
CREATE INDEX runs_model_name ON runs(model_name, id, group_id);
DROP INDEX runs_board;
CREATE INDEX runs_board ON runs(board_id, id, group_id);
DROP INDEX runs_dataset;
DROP INDEX runs_submitter;
DROP INDEX runs_origin;
CREATE INDEX jobs_priority ON jobs(priority, id);
CREATE INDEX jobs_run ON jobs(run_id) WHERE run_id > 0;
CREATE INDEX jobs_class ON jobs(unicode(substr(failure, 2, 1)), id)
  WHERE failure <> x'';
)sql";

// How many runs each group has: an overview of some groups, without counting
// their runs. runs_grouped sets group_id behind each insert.
constexpr const char* kGroupCounts = R"sql(
ALTER TABLE run_groups ADD COLUMN run_count INTEGER NOT NULL DEFAULT 0;
UPDATE run_groups SET run_count =
  (SELECT count(*) FROM runs WHERE group_id = run_groups.id);
CREATE TRIGGER runs_group_moved AFTER UPDATE OF group_id ON runs
WHEN new.group_id <> old.group_id BEGIN
  UPDATE run_groups SET run_count = run_count - 1 WHERE id = old.group_id;
  UPDATE run_groups SET run_count = run_count + 1 WHERE id = new.group_id;
END;
CREATE TRIGGER runs_group_left AFTER DELETE ON runs BEGIN
  UPDATE run_groups SET run_count = run_count - 1 WHERE id = old.group_id;
END;
)sql";

// All that an overview shows of a group's newest runs, side by side.
constexpr const char* kGroupTimes = R"sql(
DROP INDEX runs_group_time;
CREATE INDEX runs_group_time ON runs(
  group_id, create_us, id, cycles_p50, clock_hz);
)sql";

constexpr std::array kSteps = {
    Migration{kFirst},       Migration{kQueries},
    Migration{kAdmin},       Migration{kScale, FillScale},
    Migration{kHistory},     Migration{kOrders},
    Migration{kGroupCounts}, Migration{kGroupTimes}};

}  // namespace

int64_t SchemaVersion() {
  return static_cast<int64_t>(kSteps.size());
}

absl::Status Migrate(Database& database) {
  int64_t version = 0;
  {
    ASSIGN_OR_RETURN(Query query, database.Select("PRAGMA user_version"));
    RETURN_IF_ERROR(query.Step().status());
    version = query.Int(0);
  }
  if (version > SchemaVersion()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "database: schema ", version, " is newer than this program's ",
        SchemaVersion(), ": start the newer tinyrig-server"));
  }
  for (; version < SchemaVersion(); ++version) {
    ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database));
    const Migration& step = kSteps[static_cast<size_t>(version)];
    RETURN_IF_ERROR(database.Exec(step.sql));
    if (step.then != nullptr) {
      RETURN_IF_ERROR(step.then(database));
    }
    RETURN_IF_ERROR(database.Exec(
        absl::StrCat("PRAGMA user_version=", version + 1).c_str()));
    RETURN_IF_ERROR(transaction.Commit());
  }
  return absl::OkStatus();
}

}  // namespace tinyrig::server
