// The SELECT of a stranger. Three fences: the connection is read-only, the
// authorizer knows five views and nothing else, and a clock stops it.
#include <array>
#include <chrono>
#include <memory>
#include <set>
#include <string>

#include <sqlite3.h>

#include "server/query/query_api.h"

namespace tinyrig::server {
namespace {

constexpr int kDefaultRows = 1000, kMaxRows = 100'000;
constexpr int kDefaultTimeoutMs = 5000, kMaxTimeoutMs = 60'000;
constexpr size_t kMaxStatementBytes = 64 << 10;
constexpr size_t kMaxAnswerBytes = 32 << 20;
constexpr int kMaxValueBytes = 4 << 20;
constexpr int kStepsBetweenLooks = 2000;

// Temporary views shadow the tables of the same name: the names are a promise,
// the tables are not. docs/SCHEMA.md describes them.
constexpr const char* kViews = R"sql(
CREATE TEMP VIEW jobs AS SELECT 'j-' || id AS id, request_id, board_id,
  model_name, model_sha256, submitter, priority,
  CASE state WHEN 1 THEN 'QUEUED' WHEN 2 THEN 'COMPILING' WHEN 3 THEN 'FLASHING'
    WHEN 4 THEN 'RUNNING' WHEN 5 THEN 'SUCCEEDED' WHEN 6 THEN 'FAILED'
    WHEN 7 THEN 'CANCELLED' END AS state,
  CASE substr(failure, 2, 1) WHEN x'01' THEN 'MODEL' WHEN x'02' THEN 'BOARD'
    WHEN x'03' THEN 'LAB' WHEN x'04' THEN 'TIMEOUT'
    WHEN x'05' THEN 'CANCELLED_BY_USER' WHEN x'06' THEN 'INTERNAL'
    END AS failure_class,
  create_us, compile_start_us, compile_end_us, lease_us, end_us, board_name,
  agent_id, fence AS attempt, sample_count, compile_cached,
  CASE WHEN run_id > 0 THEN 'r-' || run_id END AS run_id, artifact_sha256
  FROM main.jobs;
CREATE TEMP VIEW runs AS SELECT 'r-' || id AS id, 'j-' || job_id AS job_id,
  model_name, model_sha256, board_id, board_name, dataset_name, dataset_sha256,
  submitter, CASE origin WHEN 1 THEN 'MEASURED' WHEN 2 THEN 'EMULATED'
    WHEN 3 THEN 'ESTIMATED' END AS origin,
  create_us, cycles_min, cycles_p50, cycles_p90, cycles_max, clock_hz,
  CASE WHEN clock_hz > 0 THEN cycles_p50 * 1e6 / clock_hz END AS us_p50,
  instructions, memory_bytes AS sram_bytes, flash_bytes, correct, total,
  CASE WHEN total > 0 THEN correct * 1.0 / total END AS top1 FROM main.runs;
CREATE TEMP VIEW layers AS SELECT 'r-' || run_id AS run_id, layer_index, op,
  name, macs, cycles FROM main.run_layers;
CREATE TEMP VIEW samples AS SELECT 'r-' || run_id AS run_id, sample_index,
  cycles FROM main.run_samples;
CREATE TEMP VIEW boards AS SELECT name, board_id, uid, agent_id,
  CASE state WHEN 1 THEN 'OFFLINE' WHEN 2 THEN 'IDLE' WHEN 3 THEN 'BUSY'
    WHEN 4 THEN 'FAULTY' WHEN 5 THEN 'DISABLED' END AS last_state, last_fault,
  last_seen_us, erase_count, finished_job_count, failed_job_count
  FROM main.boards;
)sql";

constexpr std::array<std::string_view, 5> kViewNames = {
    "runs", "layers", "samples", "boards", "jobs"};
constexpr std::array<std::string_view, 5> kTableNames = {
    "runs", "run_layers", "run_samples", "boards", "jobs"};

template <size_t N>
bool IsOneOf(const std::array<std::string_view, N>& names, const char* name) {
  for (const std::string_view known : names) {
    if (name != nullptr && known == name) {
      return true;
    }
  }
  return false;
}

struct Closer {
  void operator()(sqlite3* handle) const { sqlite3_close(handle); }
  void operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
  }
};

struct Fence {
  std::chrono::steady_clock::time_point deadline;
  std::set<std::string> tables = {"sqlite_master", "sqlite_schema",
                                  "sqlite_temp_master", "sqlite_temp_schema"};
  std::string refused;  ///< the first thing that was not allowed
};

// `first` and `second` mean what sqlite.org/c3ref/c_alter_table.html says.
int Authorize(void* context, int action, const char* first, const char* second,
              const char* database, const char* inner) {
  auto& fence = *static_cast<Fence*>(context);
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    case SQLITE_FUNCTION:
      if (second != nullptr && std::string_view(second) != "load_extension") {
        return SQLITE_OK;
      }
      break;
    case SQLITE_READ: {
      const bool is_temp =
          database == nullptr || std::string_view(database) == "temp";
      if (is_temp ? IsOneOf(kViewNames, first)
                  : IsOneOf(kViewNames, inner) && IsOneOf(kTableNames, first)) {
        return SQLITE_OK;
      }
      // count(*) reads no column, and comes without the view's name: right for
      // our five and for what the statement itself names (WITH), not for the
      // other tables.
      if (second != nullptr && *second == '\0' && first != nullptr &&
          (IsOneOf(kTableNames, first) || !fence.tables.contains(first))) {
        return SQLITE_OK;
      }
      // json_each and the like read no table of ours.
      if (first != nullptr && std::string_view(first).starts_with("json_")) {
        return SQLITE_OK;
      }
      break;
    }
    default:
      break;
  }
  if (fence.refused.empty()) {
    fence.refused = first == nullptr ? "this statement" : first;
  }
  return SQLITE_DENY;
}

int IsOver(void* context) {
  return std::chrono::steady_clock::now() >=
         static_cast<Fence*>(context)->deadline;
}

absl::Status StepError(sqlite3* handle, int result, int timeout_ms) {
  switch (result & 0xFF) {
    case SQLITE_INTERRUPT:
      return absl::DeadlineExceededError(absl::StrCat(
          "statement: not done after ", timeout_ms, " ms; narrow it"));
    case SQLITE_CORRUPT:
    case SQLITE_IOERR:
      return absl::DataLossError(
          absl::StrCat("database: ", sqlite3_errmsg(handle)));
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("statement: ", sqlite3_errmsg(handle)));
  }
}

bool IsUtf8(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t more = lead < 0x80                   ? 0
                        : lead >= 0xC2 && lead < 0xE0 ? 1
                        : lead >= 0xE0 && lead < 0xF0 ? 2
                        : lead >= 0xF0 && lead < 0xF5 ? 3
                                                      : SIZE_MAX;
    if (more == SIZE_MAX || more >= text.size() - i) {
      return false;
    }
    for (size_t k = 1; k <= more; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) {
        return false;
      }
    }
    i += more + 1;
  }
  return true;
}

void SetValue(sqlite3_stmt* row, int column, v1::SqlValue* value) {
  const int type = sqlite3_column_type(row, column);
  if (type == SQLITE_INTEGER) {
    value->set_integer(sqlite3_column_int64(row, column));
  } else if (type == SQLITE_FLOAT) {
    value->set_real(sqlite3_column_double(row, column));
  } else if (type == SQLITE_NULL) {
    value->set_null(true);
  } else {
    const auto* bytes =
        static_cast<const char*>(sqlite3_column_blob(row, column));
    const auto size = static_cast<size_t>(sqlite3_column_bytes(row, column));
    const std::string_view text(bytes == nullptr ? "" : bytes, size);
    // A proto string must be UTF-8; SQLite's TEXT need not be.
    if (type == SQLITE_TEXT && IsUtf8(text)) {
      value->set_text(std::string(text));
    } else {
      value->set_blob(std::string(text));
    }
  }
}

absl::Status CheckLimits(const v1::SqlRequest& request) {
  if (request.statement().empty() ||
      request.statement().size() > kMaxStatementBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "statement: 1 to ", kMaxStatementBytes, " bytes are wanted"));
  }
  if (request.max_rows() < 0 || request.max_rows() > kMaxRows) {
    return absl::InvalidArgumentError(
        absl::StrCat("max_rows: 0 to ", kMaxRows, " is wanted"));
  }
  if (request.timeout_ms() < 0 || request.timeout_ms() > kMaxTimeoutMs) {
    return absl::InvalidArgumentError(
        absl::StrCat("timeout_ms: 0 to ", kMaxTimeoutMs, " is wanted"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<sqlite3_stmt, Closer>> Prepare(
    sqlite3* handle, const std::string& statement, const Fence& fence) {
  sqlite3_stmt* prepared = nullptr;
  const char* tail = nullptr;
  const int result =
      sqlite3_prepare_v2(handle, statement.c_str(),
                         static_cast<int>(statement.size()), &prepared, &tail);
  std::unique_ptr<sqlite3_stmt, Closer> owned(prepared);
  if (result == SQLITE_AUTH || !fence.refused.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "statement: ", fence.refused.substr(0, 80),
        " may not be used; a SELECT over runs, layers, samples, boards and "
        "jobs is wanted"));
  }
  if (result != SQLITE_OK) {
    return absl::InvalidArgumentError(
        absl::StrCat("statement: ", sqlite3_errmsg(handle)));
  }
  // No statement at all (a comment), or one that says nothing back.
  if (prepared == nullptr || sqlite3_column_count(prepared) == 0) {
    return absl::InvalidArgumentError("statement: a SELECT is wanted");
  }
  if (std::string_view(tail).find_first_not_of(" \t\r\n;") !=
      std::string_view::npos) {
    return absl::InvalidArgumentError(
        "statement: one is wanted, there is text behind the first");
  }
  return owned;
}

absl::StatusOr<std::unique_ptr<sqlite3, Closer>> OpenFenced(
    const std::filesystem::path& database, Fence* fence) {
  sqlite3* opened = nullptr;
  const int result =
      sqlite3_open_v2(database.c_str(), &opened,
                      SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<sqlite3, Closer> handle(opened);
  if (result != SQLITE_OK ||
      sqlite3_exec(opened, kViews, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return absl::UnavailableError(
        absl::StrCat("database: ", sqlite3_errmsg(opened)));
  }
  const auto note = [](void* tables, int, char** values, char**) {
    static_cast<std::set<std::string>*>(tables)->insert(values[0]);
    return 0;
  };
  if (sqlite3_exec(opened, "SELECT name FROM main.sqlite_master", note,
                   &fence->tables, nullptr) != SQLITE_OK) {
    return absl::UnavailableError(
        absl::StrCat("database: ", sqlite3_errmsg(opened)));
  }
  sqlite3_busy_timeout(opened, kDefaultTimeoutMs);
  sqlite3_limit(opened, SQLITE_LIMIT_LENGTH, kMaxValueBytes);
  sqlite3_limit(opened, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_set_authorizer(opened, Authorize, fence);
  sqlite3_progress_handler(opened, kStepsBetweenLooks, IsOver, fence);
  return handle;
}

}  // namespace

absl::StatusOr<v1::SqlResponse> RunSql(const std::filesystem::path& database,
                                       const v1::SqlRequest& request) {
  RETURN_IF_ERROR(CheckLimits(request));
  const int limit = request.max_rows() == 0 ? kDefaultRows : request.max_rows();
  const int timeout_ms =
      request.timeout_ms() == 0 ? kDefaultTimeoutMs : request.timeout_ms();
  Fence fence;
  fence.deadline =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  ASSIGN_OR_RETURN(const auto handle, OpenFenced(database, &fence));
  ASSIGN_OR_RETURN(const auto statement,
                   Prepare(handle.get(), request.statement(), fence));
  v1::SqlResponse response;
  const int columns = sqlite3_column_count(statement.get());
  for (int i = 0; i < columns; ++i) {
    response.add_columns(sqlite3_column_name(statement.get(), i));
  }
  size_t answer_bytes = 0;
  while (true) {
    const int result = sqlite3_step(statement.get());
    if (result == SQLITE_DONE) {
      return response;
    }
    if (result != SQLITE_ROW) {
      return StepError(handle.get(), result, timeout_ms);
    }
    if (response.rows_size() == limit || answer_bytes > kMaxAnswerBytes) {
      response.set_truncated(true);
      return response;
    }
    v1::SqlRow* row = response.add_rows();
    for (int i = 0; i < columns; ++i) {
      SetValue(statement.get(), i, row->add_values());
    }
    answer_bytes += row->ByteSizeLong();
  }
}

}  // namespace tinyrig::server
