// Results: predictions as they come, a run at its end, and both read back.
#include <algorithm>

#include "server/request/resource_ids.h"
#include "server/store/sqlite_store.h"

namespace tinyrig::server {
namespace {

struct SampleState {
  int64_t stored = 0;
  int64_t wanted = 0;
  std::string dataset_sha256;
};

// FAILED_PRECONDITION when the fence is not the live lease's.
absl::StatusOr<SampleState> LiveSamples(Database& database, int64_t job_id,
                                        int64_t fence) {
  ASSIGN_OR_RETURN(
      Query row,
      database.Select("SELECT stored_samples, sample_count, dataset_sha256 "
                      "FROM jobs JOIN leases ON job_id = id AND leases.fence = "
                      "jobs.fence WHERE id = ? AND jobs.fence = ? AND "
                      "leases.end_us = 0",
                      job_id, fence));
  ASSIGN_OR_RETURN(const bool live, row.Step());
  if (!live) {
    return absl::FailedPreconditionError(
        absl::StrCat("job j-", job_id, ": stale fence ", fence));
  }
  return SampleState{row.Int(0), row.Int(1), row.Bytes(2)};
}

absl::Status CheckBatch(const SampleState& state,
                        std::span<const v1::Prediction> batch) {
  int64_t expected = batch.front().sample_index();
  if (expected < 0 || expected > state.stored) {
    return absl::InvalidArgumentError(
        absl::StrCat("predictions begin at sample ", expected, ", ",
                     state.stored, " is the next one"));
  }
  for (const v1::Prediction& prediction : batch) {
    if (prediction.sample_index() != expected || expected >= state.wanted) {
      return absl::InvalidArgumentError(absl::StrCat(
          "prediction of sample ", prediction.sample_index(), " where ",
          expected, " of ", state.wanted, " is wanted"));
    }
    ++expected;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<int64_t> SqliteStore::AddPredictions(
    int64_t job_id, int64_t fence, std::span<const v1::Prediction> batch) {
  const std::lock_guard lock(write_mutex_);
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(writer_));
  ASSIGN_OR_RETURN(const SampleState state,
                   LiveSamples(writer_, job_id, fence));
  if (batch.empty()) {
    return state.stored;
  }
  RETURN_IF_ERROR(CheckBatch(state, batch));
  const int64_t end = batch.back().sample_index() + 1;
  if (end <= state.stored) {
    return state.stored;
  }
  for (const v1::Prediction& prediction : batch) {
    if (prediction.sample_index() < state.stored) {
      continue;
    }
    RETURN_IF_ERROR(
        writer_
            .Run("INSERT INTO predictions VALUES (?, ?, ?, ?, ?, ?)", job_id,
                 int64_t{prediction.sample_index()}, prediction.label(),
                 prediction.predicted(), int64_t{prediction.cycles()},
                 Blob{prediction.output()})
            .status());
  }
  RETURN_IF_ERROR(writer_
                      .Run("UPDATE jobs SET stored_samples = ?, failed_count = "
                           "0, lost_count = 0 WHERE id = ?",
                           end, job_id)
                      .status());
  RETURN_IF_ERROR(transaction.Commit());
  return end;
}

absl::StatusOr<std::vector<RunStore::Tally>> SqliteStore::Tallies(
    int64_t job_id) {
  const std::lock_guard lock(read_mutex_);
  ASSIGN_OR_RETURN(
      Query row,
      reader_.Select("SELECT label, predicted, count(*) FROM predictions WHERE "
                     "job_id = ? GROUP BY label, predicted ORDER BY 1, 2",
                     job_id));
  std::vector<Tally> tallies;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return tallies;
    }
    tallies.push_back({static_cast<int32_t>(row.Int(0)),
                       static_cast<int32_t>(row.Int(1)), row.Int(2)});
  }
}

absl::Status SqliteStore::AddRunRows(const v1::Run& run, int64_t run_id) {
  for (int i = 0; i < run.latency().cycles_size(); ++i) {
    RETURN_IF_ERROR(writer_
                        .Run("INSERT INTO run_samples VALUES (?, ?, ?)", run_id,
                             i, int64_t{run.latency().cycles(i)})
                        .status());
  }
  for (int i = 0; i < run.layers_size(); ++i) {
    const v1::LayerInfo& info = run.layers(i).info();
    const std::string bytes = info.SerializeAsString();
    RETURN_IF_ERROR(
        writer_
            .Run("INSERT INTO run_layers VALUES (?, ?, ?, ?, ?, ?, ?)", run_id,
                 i, info.op(), info.name(), int64_t{info.macs()},
                 int64_t{run.layers(i).cycles()}, Blob{bytes})
            .status());
  }
  for (int i = 0; i < run.plan_size(); ++i) {
    const v1::PlanEntry& entry = run.plan(i);
    RETURN_IF_ERROR(
        writer_
            .Run("INSERT INTO run_plan VALUES (?, ?, ?, ?, ?, ?, ?)", run_id, i,
                 entry.tensor(), int64_t{entry.offset_bytes()},
                 int64_t{entry.size_bytes()}, entry.first_layer(),
                 entry.last_layer())
            .status());
  }
  return absl::OkStatus();
}

namespace {

// What stays a message: everything that has no rows of its own.
std::string DetailOf(const v1::Run& run) {
  v1::Run detail = run;
  detail.clear_layers();
  detail.clear_plan();
  detail.clear_id();
  detail.mutable_latency()->clear_cycles();
  return detail.SerializeAsString();
}

// Most runs share their environment with others.
absl::StatusOr<int64_t> EnvironmentId(Database& database,
                                      const v1::Environment& environment) {
  const std::string bytes = environment.SerializeAsString();
  RETURN_IF_ERROR(
      database
          .Run("INSERT OR IGNORE INTO environments (detail) VALUES (?)",
               Blob{bytes})
          .status());
  ASSIGN_OR_RETURN(
      Query row, database.Select("SELECT id FROM environments WHERE detail = ?",
                                 Blob{bytes}));
  RETURN_IF_ERROR(row.Step().status());
  return row.Int(0);
}

absl::Status InsertRun(Database& database, const v1::Run& run, int64_t job_id,
                       int64_t create_us) {
  const std::string detail = DetailOf(run);
  const v1::Latency& latency = run.latency();
  ASSIGN_OR_RETURN(const int64_t environment,
                   EnvironmentId(database, run.environment()));
  return database
      .Run(
          "INSERT INTO runs (job_id, model_name, model_sha256, board_id, "
          "board_name, dataset_name, dataset_sha256, submitter, origin, "
          "create_us, cycles_min, cycles_p50, cycles_p90, cycles_max, "
          "clock_hz, instructions, memory_bytes, flash_bytes, correct, total, "
          "detail, environment_id, arena_bytes) VALUES (?, ?, ?, ?, ?, ?, ?, "
          "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          job_id, run.model_name(), run.model_sha256(), run.board_id(),
          run.board_name(), run.dataset_name(), run.dataset_sha256(),
          run.submitter(), static_cast<int>(run.origin()), create_us,
          int64_t{latency.cycles_min()}, int64_t{latency.cycles_p50()},
          int64_t{latency.cycles_p90()}, int64_t{latency.cycles_max()},
          int64_t{run.environment().clock_hz()}, int64_t{run.instructions()},
          int64_t{run.memory().total_bytes()},
          int64_t{run.flash().total_bytes()}, int64_t{run.accuracy().correct()},
          int64_t{run.accuracy().total()}, Blob{detail}, environment,
          int64_t{run.memory().arena_bytes()})
      .status();
}

// Counted in the rows themselves: all samples, each once, none beyond.
absl::Status CheckComplete(Database& database, int64_t job_id, int64_t wanted) {
  ASSIGN_OR_RETURN(
      Query row,
      database.Select("SELECT count(*), coalesce(min(sample_index), 0), "
                      "coalesce(max(sample_index), -1) FROM predictions WHERE "
                      "job_id = ?",
                      job_id));
  RETURN_IF_ERROR(row.Step().status());
  if (row.Int(0) != wanted || row.Int(1) != 0 || row.Int(2) != wanted - 1) {
    return absl::FailedPreconditionError(
        absl::StrCat("job j-", job_id, ": ", row.Int(0), " of ", wanted,
                     " samples are stored"));
  }
  return absl::OkStatus();
}

v1::Run RunOf(const Query& row) {
  v1::Run run;
  run.ParseFromString(row.Bytes(1));
  run.set_id(RunName(row.Int(0)));
  return run;
}

absl::Status ReadSamples(Database& database, int64_t id, v1::Run& run) {
  ASSIGN_OR_RETURN(Query row,
                   database.Select("SELECT cycles FROM run_samples WHERE "
                                   "run_id = ? ORDER BY sample_index",
                                   id));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return absl::OkStatus();
    }
    run.mutable_latency()->add_cycles(row.Int(0));
  }
}

absl::Status ReadLayers(Database& database, int64_t id, v1::Run& run) {
  ASSIGN_OR_RETURN(Query row,
                   database.Select("SELECT info, cycles FROM run_layers WHERE "
                                   "run_id = ? ORDER BY layer_index",
                                   id));
  int64_t sum = 0;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      break;
    }
    v1::LayerResult* layer = run.add_layers();
    layer->mutable_info()->ParseFromString(row.Bytes(0));
    layer->set_cycles(row.Int(1));
    sum += row.Int(1);
  }
  for (v1::LayerResult& layer : *run.mutable_layers()) {
    layer.set_share(sum == 0 ? 0.0
                             : static_cast<double>(layer.cycles()) /
                                   static_cast<double>(sum));
  }
  return absl::OkStatus();
}

absl::Status ReadPlan(Database& database, int64_t id, v1::Run& run) {
  ASSIGN_OR_RETURN(
      Query row,
      database.Select("SELECT tensor, offset_bytes, size_bytes, first_layer, "
                      "last_layer FROM run_plan WHERE run_id = ? ORDER BY "
                      "entry_index",
                      id));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return absl::OkStatus();
    }
    v1::PlanEntry* entry = run.add_plan();
    entry->set_tensor(row.Bytes(0));
    entry->set_offset_bytes(row.Int(1));
    entry->set_size_bytes(row.Int(2));
    entry->set_first_layer(static_cast<int32_t>(row.Int(3)));
    entry->set_last_layer(static_cast<int32_t>(row.Int(4)));
  }
}

}  // namespace

absl::StatusOr<int64_t> SqliteStore::AddRunRow(const v1::Run& run,
                                               int64_t job_id,
                                               int64_t create_us) {
  RETURN_IF_ERROR(InsertRun(writer_, run, job_id, create_us));
  return writer_.LastInsertId();
}

absl::StatusOr<int64_t> SqliteStore::AddRun(const v1::Run& run, int64_t job_id,
                                            int64_t fence, int64_t now_us) {
  const std::lock_guard lock(write_mutex_);
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(writer_));
  ASSIGN_OR_RETURN(const SampleState state,
                   LiveSamples(writer_, job_id, fence));
  RETURN_IF_ERROR(CheckComplete(writer_, job_id, state.wanted));
  ASSIGN_OR_RETURN(const int64_t run_id, AddRunRow(run, job_id, now_us));
  RETURN_IF_ERROR(AddRunRows(run, run_id));
  RETURN_IF_ERROR(EndLease(job_id, fence, "finished", now_us));
  ASSIGN_OR_RETURN(
      const int64_t ended,
      writer_.Run("UPDATE jobs SET state = ?1, run_id = ?2, end_us = ?3, "
                  "used_us = used_us + ?3 - lease_us, revision = revision + 1 "
                  "WHERE id = ?4 AND fence = ?5 AND state IN (?6, ?7)",
                  static_cast<int>(v1::Job::SUCCEEDED), run_id, now_us, job_id,
                  fence, static_cast<int>(v1::Job::FLASHING),
                  static_cast<int>(v1::Job::RUNNING)));
  if (ended != 1) {
    return absl::FailedPreconditionError(
        absl::StrCat("job j-", job_id, " is not on a board"));
  }
  RETURN_IF_ERROR(
      writer_
          .Run("UPDATE boards SET finished_job_count = finished_job_count + 1 "
               "WHERE name = (SELECT board_name FROM jobs WHERE id = ?)",
               job_id)
          .status());
  RETURN_IF_ERROR(transaction.Commit());
  waiting_.EndLease(job_id);
  NoteJob(job_id);
  return run_id;
}

absl::StatusOr<v1::Run> SqliteStore::GetRun(int64_t id) {
  const std::lock_guard lock(read_mutex_);
  v1::Run run;
  {
    ASSIGN_OR_RETURN(Query row, reader_.Select("SELECT id, detail FROM runs "
                                               "WHERE id = ?",
                                               id));
    ASSIGN_OR_RETURN(const bool found, row.Step());
    if (!found) {
      return absl::NotFoundError(absl::StrCat("no run r-", id));
    }
    run = RunOf(row);
  }
  RETURN_IF_ERROR(ReadSamples(reader_, id, run));
  RETURN_IF_ERROR(ReadLayers(reader_, id, run));
  RETURN_IF_ERROR(ReadPlan(reader_, id, run));
  return run;
}

absl::StatusOr<ListPage<v1::Run>> SqliteStore::ListRuns(
    const ListRequest& request) {
  ListPage<v1::Run> page;
  ASSIGN_OR_RETURN(
      page.next,
      lists_->Read(kRunTable, request,
                   "SELECT id, detail FROM runs WHERE id = ?",
                   [&](const Query& row) { page.rows.push_back(RunOf(row)); }));
  return page;
}

absl::StatusOr<std::vector<v1::Prediction>> SqliteStore::ListPredictions(
    int64_t run_id, const Filter& filter, int64_t from, int limit) {
  const FilterSql condition = ToSql(filter);
  std::vector<Value> values = {run_id, from};
  values.insert(values.end(), condition.values.begin(), condition.values.end());
  values.emplace_back(int64_t{limit});
  const std::string sql =
      "SELECT p.sample_index, s.name, p.label, p.predicted, p.output, "
      "p.cycles FROM runs r JOIN predictions p ON p.job_id = r.job_id LEFT "
      "JOIN dataset_samples s ON s.sha256 = r.dataset_sha256 AND "
      "s.sample_index = p.sample_index WHERE r.id = ? AND p.sample_index >= "
      "?" +
      condition.And() + " ORDER BY p.sample_index LIMIT ?";
  const std::lock_guard lock(read_mutex_);
  ASSIGN_OR_RETURN(Query row, reader_.SelectValues(sql, values));
  std::vector<v1::Prediction> predictions;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return predictions;
    }
    v1::Prediction& prediction = predictions.emplace_back();
    prediction.set_sample_index(row.Int(0));
    prediction.set_sample_name(row.Bytes(1));
    prediction.set_label(static_cast<int32_t>(row.Int(2)));
    prediction.set_predicted(static_cast<int32_t>(row.Int(3)));
    prediction.set_output(row.Bytes(4));
    prediction.set_cycles(row.Int(5));
  }
}

}  // namespace tinyrig::server
