#include "bench/server/fill.h"

#include <chrono>
#include <cstdio>

#include "absl/strings/str_format.h"
#include <google/protobuf/util/time_util.h>

#include "server/request/resource_ids.h"
#include "server/store/sqlite_store.h"

namespace tinyrig::bench {
namespace {

using google::protobuf::util::TimeUtil;

using server::Blob;
using server::Database;
using server::Query;
using server::SqliteStore;
using server::Transaction;

constexpr int64_t kRunsPerTransaction = 20'000;
constexpr int64_t kAgents = 100, kBoardsPerAgent = 10;
constexpr int64_t kDaySeconds = 86'400;
constexpr char kDataset[] = "labelled";

// The same figures each time, and no two runs alike.
uint64_t Mixed(uint64_t value) {
  value ^= value >> 33;
  value *= 0xff51afd7ed558ccdULL;
  value ^= value >> 33;
  value *= 0xc4ceb9fe1a85ec53ULL;
  return value ^ (value >> 33);
}

int64_t Within(int64_t seed, int64_t salt, int64_t count) {
  return static_cast<int64_t>(Mixed(static_cast<uint64_t>(seed * 1000 + salt)) %
                              static_cast<uint64_t>(count));
}

std::string Sha(const std::string& kind, int64_t index) {
  return absl::StrFormat(
      "%016x%048x",
      Mixed(std::hash<std::string>()(kind) ^ static_cast<uint64_t>(index)),
      index);
}

// Behind every 49 runs stands a job that failed.
int64_t JobOf(int64_t run_id) {
  return run_id + run_id / 50;
}

struct RunFacts {
  int64_t id = 0;
  int64_t model = 0, board = 0, submitter = 0, lab_board = 0;
  int64_t create_us = 0;
  int64_t cycles = 0;
  bool measured = false;
  bool labelled = false;
  std::string lab_board_name() const {
    return absl::StrFormat("agent%02d/b%d", lab_board / kBoardsPerAgent,
                           lab_board % kBoardsPerAgent);
  }
};

int64_t NowUs() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

RunFacts FactsOf(int64_t id, const FillOptions& options, int64_t now_us) {
  RunFacts run;
  run.id = id;
  run.model = Within(id, 1, options.models);
  run.board = Within(id, 2, options.boards);
  run.submitter = Within(id, 3, kSubmitters);
  run.lab_board = Within(id, 4, kAgents * kBoardsPerAgent);
  // Two years, evenly.
  run.create_us =
      now_us - (options.runs - id) * (730 * kDaySeconds * 1'000'000 /
                                      std::max<int64_t>(options.runs, 1));
  run.cycles = 1'000'000 * (1 + run.model) + Within(id, 5, 90'000);
  run.measured = Within(id, 6, 10) < 3;
  run.labelled = id > options.runs - kRunsWithAll || Within(id, 7, 2) == 0;
  return run;
}

v1::Environment EnvironmentOf(const RunFacts& run) {
  v1::Environment environment;
  environment.set_board_id(BoardKind(run.board));
  environment.set_board_uid(absl::StrFormat(
      "%s%016x", run.measured ? "0031003a" : "56495254", run.lab_board));
  environment.set_clock_hz(216'000'000);
  environment.set_icache_enabled(true);
  environment.set_dcache_enabled(true);
  environment.set_flash_wait_states(7);
  environment.set_flash_acr("0x00000307");
  environment.set_idcode("0x10016449");
  environment.set_compiler(
      "arm-none-eabi-g++ (15:12.2.rel1-1) 12.2.1 20221205");
  environment.set_compiler_flags(
      "-O3 -mcpu=cortex-m7 -mfpu=fpv5-sp-d16 -mfloat-abi=hard -ffunction-"
      "sections -fdata-sections -fno-exceptions -fno-rtti");
  environment.set_engine_version(
      absl::StrFormat("%064x", run.create_us / (30 * kDaySeconds * 1'000'000)));
  environment.set_firmware_version("0.1.0");
  environment.set_timing_model(run.measured ? "" : "m7-v2");
  environment.set_agent_version("0.1.0");
  environment.set_server_version("0.1.0");
  return environment;
}

v1::Run RunOf(const RunFacts& facts, const FillOptions& options) {
  v1::Run run;
  run.set_job_id(server::JobName(JobOf(facts.id)));
  run.set_model_name(ModelName(facts.model));
  run.set_model_sha256(Sha("model", facts.model));
  run.set_board_id(BoardKind(facts.board));
  run.set_board_name(facts.lab_board_name());
  run.set_submitter(Submitter(facts.submitter));
  run.set_origin(facts.measured ? v1::MEASURED : v1::EMULATED);
  *run.mutable_create_time() =
      TimeUtil::MicrosecondsToTimestamp(facts.create_us);
  *run.mutable_environment() = EnvironmentOf(facts);
  v1::Latency& latency = *run.mutable_latency();
  latency.set_sample_count(static_cast<int32_t>(options.samples_per_run));
  latency.set_cycles_min(facts.cycles - 500);
  latency.set_cycles_p50(facts.cycles);
  latency.set_cycles_p90(facts.cycles + 900);
  latency.set_cycles_max(facts.cycles + 1500);
  latency.set_cycles_mean(static_cast<double>(facts.cycles));
  latency.set_us_p50(static_cast<double>(facts.cycles) / 216.0);
  run.set_instructions(facts.cycles * 3 / 4);
  v1::MemoryUsage& memory = *run.mutable_memory();
  memory.set_arena_bytes(20'000 + 1000 * facts.model);
  memory.set_static_bytes(2048);
  memory.set_stack_bytes(900 + Within(facts.id, 8, 60));
  memory.set_total_bytes(memory.arena_bytes() + memory.static_bytes() +
                         memory.stack_bytes());
  run.mutable_flash()->set_weights_bytes(50'000 + 3000 * facts.model);
  run.mutable_flash()->set_total_bytes(90'000 + 3000 * facts.model +
                                       Within(facts.id, 9, 512));
  if (facts.labelled) {
    run.set_dataset_name(kDataset);
    run.set_dataset_sha256(Sha("dataset", 0));
    run.mutable_accuracy()->set_total(kPredictionsPerRun);
    run.mutable_accuracy()->set_correct(850 + Within(facts.id, 10, 100));
    run.mutable_accuracy()->set_top1(0.9);
    run.mutable_accuracy()->set_class_count(10);
    for (int i = 0; i < 100; ++i) {
      run.mutable_accuracy()->add_confusion(i % 11 == 0 ? 90 : 1);
    }
  }
  run.set_macs(1'000'000 * (1 + facts.model));
  run.set_artifact_sha256(Sha("artifact", facts.model));
  run.set_image_hash(Sha("image", facts.model).substr(0, 32));
  return run;
}

absl::Status AddJob(Database& database, const RunFacts& facts,
                    const v1::Run& run, bool failed) {
  v1::JobSpec spec;
  spec.set_model_sha256(run.model_sha256());
  spec.set_model_name(run.model_name());
  spec.set_board_id(run.board_id());
  spec.set_dataset(run.dataset_name());
  spec.set_runs(10);
  spec.set_submitter(run.submitter());
  spec.set_timeout_s(3600);
  const std::string bytes = spec.SerializeAsString();
  const int64_t id = failed ? JobOf(facts.id) - 1 : JobOf(facts.id);
  v1::Failure failure;
  if (failed) {
    failure.set_failure_class(
        static_cast<v1::FailureClass>(1 + facts.id / 50 % 6));
    failure.set_message("the board went up in smoke");
    failure.set_stage("running");
  }
  const std::string why = failure.SerializeAsString();
  RETURN_IF_ERROR(
      database
          .Run(
              "INSERT INTO jobs (id, request_id, board_id, model_sha256, "
              "model_name, submitter, priority, state, spec, dataset_sha256, "
              "sample_count, create_us, compile_start_us, compile_end_us, "
              "lease_us, end_us, artifact_sha256, board_name, agent_id, fence, "
              "stored_samples, run_id, failure) VALUES (?1, 'fill-' || ?1, ?2, "
              "?3, ?4, ?5, 0, ?6, ?7, ?8, ?9, ?10, ?10, ?10 + 2000000, ?10 + "
              "3000000, ?10 + 9000000, ?11, ?12, ?13, 1, ?9, ?14, ?15)",
              id, run.board_id(), run.model_sha256(), run.model_name(),
              run.submitter(),
              static_cast<int>(failed ? v1::Job::FAILED : v1::Job::SUCCEEDED),
              Blob{bytes}, run.dataset_sha256(),
              int64_t{run.accuracy().total()}, facts.create_us,
              run.artifact_sha256(), run.board_name(),
              run.board_name().substr(0, run.board_name().find('/')),
              failed ? int64_t{0} : facts.id, Blob{why})
          .status());
  return database
      .Run(
          "INSERT INTO leases (job_id, fence, agent_id, board_name, "
          "board_uid, artifact_sha256, submitter, start_us, end_us, "
          "end_reason) VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7 + 3000000, ?7 + "
          "9000000, ?8)",
          id, run.board_name().substr(0, run.board_name().find('/')),
          run.board_name(), run.environment().board_uid(),
          run.artifact_sha256(), run.submitter(), facts.create_us,
          failed ? "failed" : "finished")
      .status();
}

absl::Status AddRun(Database& database, const RunFacts& facts,
                    const v1::Run& run) {
  const std::string detail = run.SerializeAsString();
  const std::string environment = run.environment().SerializeAsString();
  RETURN_IF_ERROR(
      database
          .Run("INSERT OR IGNORE INTO environments (detail) VALUES (?)",
               Blob{environment})
          .status());
  RETURN_IF_ERROR(
      database
          .Run("INSERT INTO runs (id, job_id, model_name, model_sha256, "
               "board_id, board_name, dataset_name, dataset_sha256, submitter, "
               "origin, create_us, cycles_min, cycles_p50, cycles_p90, "
               "cycles_max, clock_hz, instructions, memory_bytes, flash_bytes, "
               "correct, total, detail, arena_bytes, environment_id) VALUES "
               "(?1, ?24, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
               "?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, (SELECT id FROM "
               "environments WHERE detail = ?23))",
               facts.id, run.model_name(), run.model_sha256(), run.board_id(),
               run.board_name(), run.dataset_name(), run.dataset_sha256(),
               run.submitter(), static_cast<int>(run.origin()), facts.create_us,
               int64_t{run.latency().cycles_min()},
               int64_t{run.latency().cycles_p50()},
               int64_t{run.latency().cycles_p90()},
               int64_t{run.latency().cycles_max()},
               int64_t{run.environment().clock_hz()},
               int64_t{run.instructions()}, int64_t{run.memory().total_bytes()},
               int64_t{run.flash().total_bytes()},
               int64_t{run.accuracy().correct()},
               int64_t{run.accuracy().total()}, Blob{detail},
               int64_t{run.memory().arena_bytes()}, Blob{environment},
               JobOf(facts.id))
          .status());
  RETURN_IF_ERROR(
      database
          .Run("INSERT INTO run_layers SELECT ?1, layer_index, op, name, macs, "
               "?2 / 20 + layer_index * 7, info FROM temp.layers",
               facts.id, facts.cycles)
          .status());
  RETURN_IF_ERROR(
      database
          .Run("INSERT INTO run_samples SELECT ?1, place, ?2 + place * 37 FROM "
               "temp.places",
               facts.id, facts.cycles)
          .status());
  return absl::OkStatus();
}

absl::Status AddAll(Database& database, const RunFacts& facts) {
  RETURN_IF_ERROR(
      database
          .Run("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n "
               "WHERE i + 1 < ?2) INSERT INTO predictions SELECT ?1, i, i % "
               "10, (i + (i % 9 = 0)) % 10, ?3 + i, x'0102030405060708090a' "
               "FROM n",
               JobOf(facts.id), kPredictionsPerRun, facts.cycles)
          .status());
  RETURN_IF_ERROR(
      database
          .Run("INSERT INTO run_plan SELECT ?1, layer_index, name, layer_index "
               "* 1024, 2048, layer_index, layer_index + 1 FROM temp.layers",
               facts.id)
          .status());
  return database
      .Run(
          "INSERT INTO job_log SELECT ?1, layer_index, ?2, 'agent', 'step ' "
          "|| layer_index FROM temp.layers",
          JobOf(facts.id), facts.create_us)
      .status();
}

absl::Status AddCatalog(Database& database, const FillOptions& options,
                        int64_t now_us) {
  const auto blob = [&](const std::string& sha256) {
    return database
        .Run("INSERT INTO blobs VALUES (?, 100000, ?)", sha256, now_us)
        .status();
  };
  for (int64_t i = 0; i < options.models; ++i) {
    RETURN_IF_ERROR(blob(Sha("model", i)));
  }
  RETURN_IF_ERROR(blob(Sha("dataset", 0)));
  RETURN_IF_ERROR(database
                      .Run("INSERT INTO datasets VALUES (?, ?, ?, 1024, 10, "
                           "'raw', ?)",
                           kDataset, Sha("dataset", 0), kPredictionsPerRun,
                           now_us)
                      .status());
  RETURN_IF_ERROR(
      database
          .Run("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n "
               "WHERE i + 1 < ?2) INSERT INTO dataset_samples SELECT ?1, i, "
               "'sample' || i || '.bin', i % 10 FROM n",
               Sha("dataset", 0), kPredictionsPerRun)
          .status());
  for (int64_t i = 0; i < kAgents; ++i) {
    const std::string agent = absl::StrFormat("agent%02d", i);
    RETURN_IF_ERROR(
        database
            .Run("INSERT INTO agents VALUES (?, 'fill', '0.1.0', ?)", agent,
                 now_us)
            .status());
    for (int64_t j = 0; j < kBoardsPerAgent; ++j) {
      RETURN_IF_ERROR(
          database
              .Run("INSERT INTO boards (name, agent_id, board_id, uid, state, "
                   "last_fault, last_seen_us, erase_count) VALUES (?, ?, ?, ?, "
                   "2, '', ?, 7)",
                   absl::StrCat(agent, "/b", j), agent, BoardKind(j % 2),
                   absl::StrFormat("56495254%016x", i * kBoardsPerAgent + j),
                   now_us)
              .status());
    }
  }
  return absl::OkStatus();
}

absl::Status AddTemplates(Database& database, const FillOptions& options) {
  RETURN_IF_ERROR(database.Exec(
      "CREATE TEMP TABLE layers (layer_index INTEGER PRIMARY KEY, op TEXT, "
      "name TEXT, macs INTEGER, info BLOB);"
      "CREATE TEMP TABLE places (place INTEGER PRIMARY KEY)"));
  for (int64_t i = 0; i < options.layers_per_run; ++i) {
    v1::LayerInfo info;
    info.set_index(static_cast<int32_t>(i));
    info.set_op(i % 2 == 0 ? "CONV_2D" : "DEPTHWISE_CONV_2D");
    info.set_name(absl::StrCat("model/block_", i, "/conv"));
    info.set_macs(10'000 * (i + 1));
    info.set_weights_bytes(1024 * i);
    for (const int32_t size : {1, 48, 48, 16}) {
      info.add_input_shape(size);
      info.add_output_shape(size);
    }
    const std::string bytes = info.SerializeAsString();
    RETURN_IF_ERROR(database
                        .Run("INSERT INTO temp.layers VALUES (?, ?, ?, ?, ?)",
                             i, info.op(), info.name(), int64_t{info.macs()},
                             Blob{bytes})
                        .status());
  }
  for (int64_t i = 0; i < options.samples_per_run; ++i) {
    RETURN_IF_ERROR(
        database.Run("INSERT INTO temp.places VALUES (?)", i).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> StoredRuns(Database& database) {
  ASSIGN_OR_RETURN(Query row, database.Select("SELECT count(*) FROM runs"));
  RETURN_IF_ERROR(row.Step().status());
  return row.Int(0);
}

// An index made at the end by one sort costs a tenth of a million insertions.
absl::StatusOr<std::vector<std::string>> DropIndices(Database& database) {
  std::vector<std::string> create, names;
  {
    ASSIGN_OR_RETURN(
        Query row,
        database.Select("SELECT name, sql FROM sqlite_master WHERE type = "
                        "'index' AND sql IS NOT NULL AND tbl_name IN ('runs', "
                        "'jobs', 'leases')"));
    while (true) {
      ASSIGN_OR_RETURN(const bool more, row.Step());
      if (!more) {
        break;
      }
      names.push_back(row.Bytes(0));
      create.push_back(row.Bytes(1));
    }
  }
  for (const std::string& name : names) {
    RETURN_IF_ERROR(database.Exec(("DROP INDEX " + name).c_str()));
  }
  return create;
}

absl::Status AddRuns(Database& database, const FillOptions& options) {
  const int64_t now_us = NowUs();
  for (int64_t id = 1; id <= options.runs;) {
    ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database));
    if (id == 1) {
      RETURN_IF_ERROR(AddCatalog(database, options, now_us));
    }
    const int64_t end = std::min(id + kRunsPerTransaction, options.runs + 1);
    for (; id < end; ++id) {
      const RunFacts facts = FactsOf(id, options, now_us);
      const v1::Run run = RunOf(facts, options);
      RETURN_IF_ERROR(AddJob(database, facts, run, false));
      if (id % 50 == 0) {
        RETURN_IF_ERROR(AddJob(database, facts, run, true));
      }
      RETURN_IF_ERROR(AddRun(database, facts, run));
      if (id > options.runs - kRunsWithAll) {
        RETURN_IF_ERROR(AddAll(database, facts));
      }
    }
    RETURN_IF_ERROR(transaction.Commit());
    std::fprintf(stderr, "\rfill: %ld of %ld runs", static_cast<long>(id - 1),
                 static_cast<long>(options.runs));
  }
  std::fprintf(stderr, "\n");
  return absl::OkStatus();
}

}  // namespace

std::string ModelName(int64_t index) {
  static constexpr const char* kNames[] = {"kws", "vww", "ad01", "resnet"};
  return absl::StrFormat("%s_%03d", kNames[index % 4], index);
}

std::string BoardKind(int64_t index) {
  static constexpr const char* kKinds[] = {"nucleo_f746zg", "nucleo_f412zg"};
  return index < 2 ? kKinds[index] : absl::StrFormat("nucleo_x%02d", index);
}

std::string Submitter(int64_t index) {
  return absl::StrFormat("person%02d@lab", index);
}

absl::Status Fill(const std::filesystem::path& data,
                  const FillOptions& options) {
  std::filesystem::create_directories(data);
  const std::filesystem::path path = data / "tinyrig.db";
  RETURN_IF_ERROR(SqliteStore::Open(path).status());  // the schema
  ASSIGN_OR_RETURN(Database database,
                   Database::Open(path, Database::Mode::kReadWrite));
  ASSIGN_OR_RETURN(const int64_t stored, StoredRuns(database));
  if (stored > 0) {
    return stored >= options.runs
               ? absl::OkStatus()
               : absl::FailedPreconditionError(absl::StrCat(
                     path.string(), ": ", stored, " runs are stored, ",
                     options.runs, " wanted; give an empty folder"));
  }
  const auto begin = std::chrono::steady_clock::now();
  for (const char* pragma :
       {"PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF",
        "PRAGMA foreign_keys=OFF", "PRAGMA cache_size=-500000",
        "PRAGMA temp_store=MEMORY"}) {
    RETURN_IF_ERROR(database.Exec(pragma));
  }
  ASSIGN_OR_RETURN(const auto indices, DropIndices(database));
  RETURN_IF_ERROR(AddTemplates(database, options));
  RETURN_IF_ERROR(AddRuns(database, options));
  for (const std::string& sql : indices) {
    RETURN_IF_ERROR(database.Exec(sql.c_str()));
  }
  RETURN_IF_ERROR(database.Exec("PRAGMA journal_mode=WAL"));
  std::fprintf(
      stderr, "fill: %ld MiB in %.0f s\n",
      static_cast<long>(std::filesystem::file_size(path) >> 20),
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
          .count());
  return absl::OkStatus();
}

}  // namespace tinyrig::bench
