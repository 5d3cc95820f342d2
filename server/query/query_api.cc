// Overview: models x board kinds. The rest: trend.cc, run_list.cc, sql.cc.
#include <set>

#include "base/clock.h"
#include "server/query/query_api.h"
#include "server/store/sqlite_store.h"

namespace tinyrig::server {
namespace {

constexpr int kSparkline = 20;

std::vector<Value> CellValues(const v1::OverviewCell& cell,
                              const FilterSql& filter) {
  std::vector<Value> values = {cell.model_name(), cell.board_id()};
  values.insert(values.end(), filter.values.begin(), filter.values.end());
  return values;
}

double Micros(int64_t cycles, int64_t clock_hz) {
  return clock_hz == 0 ? 0.0
                       : static_cast<double>(cycles) * 1e6 /
                             static_cast<double>(clock_hz);
}

void FillNewest(const Query& row, v1::OverviewCell* cell) {
  cell->set_run_id(absl::StrCat("r-", row.Int(0)));
  cell->set_model_sha256(row.Bytes(1));
  cell->set_origin(static_cast<v1::Origin>(row.Int(2)));
  SetTimestamp(row.Int(3), cell->mutable_create_time());
  cell->set_cycles_p50(row.Int(4));
  cell->set_us_p50(Micros(row.Int(4), row.Int(5)));
  cell->set_sram_bytes(row.Int(6));
  cell->set_flash_bytes(row.Int(7));
  cell->set_correct(row.Int(8));
  cell->set_total(row.Int(9));
  if (row.Int(9) > 0) {
    cell->set_top1(static_cast<double>(row.Int(8)) /
                   static_cast<double>(row.Int(9)));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<QueryApi>> QueryApi::Open(
    std::filesystem::path database, ScopeCheck check) {
  ASSIGN_OR_RETURN(Database reader,
                   Database::Open(database, Database::Mode::kReadOnly));
  return std::unique_ptr<QueryApi>(
      new QueryApi(std::move(database), std::move(reader), std::move(check)));
}

absl::Status QueryApi::FillCell(const FilterSql& filter,
                                v1::OverviewCell* cell) {
  const std::string sql =
      "SELECT id, model_sha256, origin, create_us, cycles_p50, clock_hz, "
      "memory_bytes, flash_bytes, correct, total FROM runs WHERE model_name = "
      "? AND board_id = ?" +
      filter.And() + absl::StrCat(" ORDER BY id DESC LIMIT ", kSparkline);
  std::vector<double> newest_first;
  ASSIGN_OR_RETURN(Query row,
                   reader_.SelectValues(sql, CellValues(*cell, filter)));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      break;
    }
    if (newest_first.empty()) {
      FillNewest(row, cell);
    } else if (newest_first.size() == 1) {
      cell->set_previous_run_id(absl::StrCat("r-", row.Int(0)));
    }
    newest_first.push_back(Micros(row.Int(4), row.Int(5)));
  }
  if (newest_first.size() > 1 && newest_first[1] > 0) {
    cell->set_us_p50_change(newest_first[0] / newest_first[1] - 1);
  }
  for (auto it = newest_first.rbegin(); it != newest_first.rend(); ++it) {
    cell->add_sparkline_us_p50(*it);
  }
  return absl::OkStatus();
}

// Counting a million rows takes longer than a page may: only new ones are.
absl::StatusOr<int64_t> QueryApi::CountRuns(const FilterSql& filter,
                                            const v1::OverviewCell& cell) {
  Counted unfiltered;
  Counted& known = filter.empty()
                       ? counted_[{cell.model_name(), cell.board_id()}]
                       : unfiltered;
  std::vector<Value> values = CellValues(cell, filter);
  values.emplace_back(known.last_id);
  ASSIGN_OR_RETURN(Query row, reader_.SelectValues(
                                  "SELECT count(*), max(id) FROM runs WHERE "
                                  "model_name = ? AND board_id = ?" +
                                      filter.And() + " AND id > ?",
                                  values));
  RETURN_IF_ERROR(row.Step().status());
  if (row.Int(0) > 0) {
    known.count += row.Int(0);
    known.last_id = row.Int(1);
  }
  return known.count;
}

absl::StatusOr<v1::Overview> QueryApi::GetOverview(
    const Caller& caller, const v1::GetOverviewRequest& request) {
  RETURN_IF_ERROR(check_(caller, Scope::kRead));
  ASSIGN_OR_RETURN(const auto filter,
                   CompileFilter(request.filter(), RunFilterFields(),
                                 base::SystemClock().UnixMicros()));
  const std::lock_guard lock(mutex_);
  v1::Overview overview;
  std::set<std::string> boards;
  std::string model, board;
  while (true) {
    // The next pair by the index runs_cell: one look-up each, not a scan.
    {
      ASSIGN_OR_RETURN(
          Query next,
          reader_.Select("SELECT model_name, board_id FROM runs WHERE "
                         "(model_name, board_id) > (?, ?) ORDER BY model_name, "
                         "board_id LIMIT 1",
                         model, board));
      ASSIGN_OR_RETURN(const bool more, next.Step());
      if (!more) {
        break;
      }
      model = next.Bytes(0);
      board = next.Bytes(1);
    }
    v1::OverviewCell cell;
    cell.set_model_name(model);
    cell.set_board_id(board);
    RETURN_IF_ERROR(FillCell(filter, &cell));
    if (cell.run_id().empty()) {
      continue;  // the filter leaves nothing
    }
    ASSIGN_OR_RETURN(const int64_t count, CountRuns(filter, cell));
    cell.set_run_count(count);
    overview.set_run_count(overview.run_count() + count);
    if (overview.model_names().empty() ||
        *overview.model_names().rbegin() != model) {
      overview.add_model_names(model);
    }
    boards.insert(board);
    *overview.add_cells() = std::move(cell);
  }
  overview.mutable_board_ids()->Add(boards.begin(), boards.end());
  // Jobs are never deleted one by one: the last id is their number.
  ASSIGN_OR_RETURN(Query jobs,
                   reader_.Select("SELECT coalesce(max(id), 0) FROM jobs"));
  RETURN_IF_ERROR(jobs.Step().status());
  overview.set_job_count(jobs.Int(0));
  return overview;
}

absl::StatusOr<v1::SqlResponse> QueryApi::Sql(const Caller& caller,
                                              const v1::SqlRequest& request) {
  RETURN_IF_ERROR(check_(caller, Scope::kRead));
  return RunSql(path_, request);
}

absl::StatusOr<QueryApi::Tallies> QueryApi::Count() {
  const std::lock_guard lock(mutex_);
  Tallies tallies;
  {
    ASSIGN_OR_RETURN(
        Query row,
        reader_.Select("SELECT state, count(*) FROM jobs GROUP BY state"));
    while (true) {
      ASSIGN_OR_RETURN(const bool more, row.Step());
      if (!more) {
        break;
      }
      tallies.jobs[static_cast<int>(row.Int(0))] = row.Int(1);
    }
  }
  {
    // The index jobs_failure: a Failure begins with tag 8 and its class.
    ASSIGN_OR_RETURN(Query row,
                     reader_.Select("SELECT substr(failure, 1, 2), count(*) "
                                    "FROM jobs WHERE failure <> x'' GROUP BY "
                                    "substr(failure, 1, 2)"));
    while (true) {
      ASSIGN_OR_RETURN(const bool more, row.Step());
      if (!more) {
        break;
      }
      const std::string head = row.Bytes(0);
      const int failure_class =
          head.size() == 2 && head[0] == '\x08' ? head[1] : 0;
      tallies.failures[failure_class] += row.Int(1);
    }
  }
  ASSIGN_OR_RETURN(Query runs,
                   reader_.Select("SELECT coalesce(max(id), 0) FROM runs"));
  RETURN_IF_ERROR(runs.Step().status());
  tallies.run_count = runs.Int(0);
  return tallies;
}

}  // namespace tinyrig::server
