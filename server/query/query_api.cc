// Overview: models x board kinds. The rest: trend.cc, run_list.cc, sql.cc.
#include "server/query/query_api.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/clock.h"
#include "server/store/sqlite_store.h"

namespace tinyrig::server {
namespace {

constexpr int kSparkline = 20;

double Micros(int64_t cycles, int64_t clock_hz) {
  return clock_hz == 0 ? 0.0
                       : static_cast<double>(cycles) * 1e6 /
                             static_cast<double>(clock_hz);
}

std::string NewestSql(const FilterSql& filter) {
  return "SELECT id, create_us, cycles_p50, clock_hz FROM runs WHERE "
         "model_name = ? AND board_id = ? AND origin = ?" +
         filter.And() +
         absl::StrCat(" ORDER BY create_us DESC, id DESC LIMIT ", kSparkline);
}

// Whether the filter asks for nothing but what all runs of a lane share.
bool OfLanes(const Filter& filter) {
  if (filter.kind == Filter::Kind::kTest) {
    const std::string_view column = filter.field->column;
    return column == "model_name" || column == "board_id" || column == "origin";
  }
  return std::all_of(filter.children.begin(), filter.children.end(), OfLanes);
}

// One origin of a cell: its newest runs and how many there are.
struct Lane {
  int64_t origin = 0;
  int64_t count = 0;
  int64_t create_us = 0;       ///< of the newest
  std::vector<int64_t> ids;    ///< newest first, at most kSparkline
  std::vector<double> us_p50;  ///< of these
};

// The newest by time, whatever the order in which they were stored: an import
// brings old runs. All columns are in the index runs_series.
absl::Status FillLane(Database& database, const v1::OverviewCell& cell,
                      const FilterSql& filter, Lane& lane) {
  std::vector<Value> values = {cell.model_name(), cell.board_id(), lane.origin};
  values.insert(values.end(), filter.values.begin(), filter.values.end());
  ASSIGN_OR_RETURN(Query row, database.SelectValues(NewestSql(filter), values));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return absl::OkStatus();
    }
    if (lane.ids.empty()) {
      lane.create_us = row.Int(1);
    }
    lane.ids.push_back(row.Int(0));
    lane.us_p50.push_back(Micros(row.Int(2), row.Int(3)));
  }
}

absl::Status CountLane(Database& database, const v1::OverviewCell& cell,
                       const FilterSql& filter, Lane& lane) {
  std::vector<Value> values = {cell.model_name(), cell.board_id(), lane.origin};
  values.insert(values.end(), filter.values.begin(), filter.values.end());
  ASSIGN_OR_RETURN(Query row, database.SelectValues(
                                  "SELECT count(*) FROM runs WHERE model_name "
                                  "= ? AND board_id = ? AND origin = ?" +
                                      filter.And(),
                                  values));
  RETURN_IF_ERROR(row.Step().status());
  lane.count = row.Int(0);
  return absl::OkStatus();
}

bool Passes(const Filter& filter, const v1::OverviewCell& cell,
            const Lane& lane) {
  return Matches(filter, [&](const FilterField& field) -> std::optional<Value> {
    return field.column == "model_name" ? Value(cell.model_name())
           : field.column == "board_id" ? Value(cell.board_id())
                                        : Value(lane.origin);
  });
}

absl::Status FillNewest(Database& database, int64_t id,
                        v1::OverviewCell* cell) {
  ASSIGN_OR_RETURN(
      Query row,
      database.Select("SELECT model_sha256, origin, create_us, cycles_p50, "
                      "clock_hz, memory_bytes, flash_bytes, correct, total "
                      "FROM runs WHERE id = ?",
                      id));
  ASSIGN_OR_RETURN(const bool found, row.Step());
  if (!found) {
    return absl::OkStatus();  // deleted meanwhile: its revision says so soon
  }
  cell->set_run_id(absl::StrCat("r-", id));
  cell->set_model_sha256(row.Bytes(0));
  cell->set_origin(static_cast<v1::Origin>(row.Int(1)));
  SetTimestamp(row.Int(2), cell->mutable_create_time());
  cell->set_cycles_p50(row.Int(3));
  cell->set_us_p50(Micros(row.Int(3), row.Int(4)));
  cell->set_sram_bytes(row.Int(5));
  cell->set_flash_bytes(row.Int(6));
  cell->set_correct(row.Int(7));
  cell->set_total(row.Int(8));
  if (row.Int(8) > 0) {
    cell->set_top1(static_cast<double>(row.Int(7)) /
                   static_cast<double>(row.Int(8)));
  }
  return absl::OkStatus();
}

// The change and the sparkline are of one origin.
void FillHistory(const Lane& lane, v1::OverviewCell* cell) {
  if (lane.ids.size() > 1) {
    cell->set_previous_run_id(absl::StrCat("r-", lane.ids[1]));
    if (lane.us_p50[1] > 0) {
      cell->set_us_p50_change(lane.us_p50[0] / lane.us_p50[1] - 1);
    }
  }
  for (auto it = lane.us_p50.rbegin(); it != lane.us_p50.rend(); ++it) {
    cell->add_sparkline_us_p50(*it);
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

absl::Status QueryApi::FillCell(const Filter& filter, v1::OverviewCell* cell) {
  // What the counts answer already need not be asked run by run.
  const bool of_lanes = OfLanes(filter);
  const FilterSql sql = of_lanes ? FilterSql{} : ToSql(filter);
  std::vector<Lane> lanes;
  {
    ASSIGN_OR_RETURN(
        Query row,
        reader_.Select("SELECT origin, run_count FROM run_cells WHERE "
                       "model_name = ? AND board_id = ? AND run_count > 0",
                       cell->model_name(), cell->board_id()));
    while (true) {
      ASSIGN_OR_RETURN(const bool more, row.Step());
      if (!more) {
        break;
      }
      lanes.push_back({.origin = row.Int(0), .count = row.Int(1)});
    }
  }
  const Lane* newest = nullptr;
  for (Lane& lane : lanes) {
    if (of_lanes && !Passes(filter, *cell, lane)) {
      continue;
    }
    RETURN_IF_ERROR(FillLane(reader_, *cell, sql, lane));
    if (lane.ids.empty()) {
      continue;
    }
    if (!of_lanes) {
      RETURN_IF_ERROR(CountLane(reader_, *cell, sql, lane));
    }
    cell->set_run_count(cell->run_count() + lane.count);
    if (newest == nullptr ||
        std::pair(lane.create_us, lane.ids.front()) >
            std::pair(newest->create_us, newest->ids.front())) {
      newest = &lane;
    }
  }
  if (newest == nullptr) {
    return absl::OkStatus();
  }
  FillHistory(*newest, cell);
  return FillNewest(reader_, newest->ids.front(), cell);
}

// Cells in which runs came or went since the last look are made anew; a
// thousand models need no thousand look-ups for one new run.
absl::Status QueryApi::RefreshCells() {
  std::set<std::pair<std::string, std::string>> changed;
  int64_t revision = cells_revision_;
  {
    ASSIGN_OR_RETURN(
        Query row,
        reader_.Select("SELECT model_name, board_id, revision FROM run_cells "
                       "WHERE revision > ? ORDER BY revision",
                       cells_revision_));
    while (true) {
      ASSIGN_OR_RETURN(const bool more, row.Step());
      if (!more) {
        break;
      }
      changed.emplace(row.Bytes(0), row.Bytes(1));
      revision = row.Int(2);
    }
  }
  for (const auto& key : changed) {
    v1::OverviewCell cell;
    cell.set_model_name(key.first);
    cell.set_board_id(key.second);
    RETURN_IF_ERROR(FillCell({}, &cell));
    if (cell.run_id().empty()) {
      cells_.erase(key);
    } else {
      cells_[key] = std::move(cell);
    }
  }
  cells_revision_ = revision;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::OverviewCell>> QueryApi::FilteredCells(
    const Filter& filter) {
  std::vector<v1::OverviewCell> cells;
  for (const auto& [key, known] : cells_) {
    v1::OverviewCell cell;
    cell.set_model_name(key.first);
    cell.set_board_id(key.second);
    RETURN_IF_ERROR(FillCell(filter, &cell));
    if (!cell.run_id().empty()) {
      cells.push_back(std::move(cell));
    }
  }
  return cells;
}

absl::StatusOr<v1::Overview> QueryApi::GetOverview(
    const Caller& caller, const v1::GetOverviewRequest& request) {
  RETURN_IF_ERROR(check_(caller, Scope::kRead));
  ASSIGN_OR_RETURN(const Filter filter,
                   BindFilter(request.filter(), RunFilterFields(),
                              base::SystemClock().UnixMicros()));
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(RefreshCells());
  v1::Overview overview;
  if (filter.empty()) {
    for (const auto& [key, cell] : cells_) {
      *overview.add_cells() = cell;
    }
  } else {
    ASSIGN_OR_RETURN(const auto cells, FilteredCells(filter));
    overview.mutable_cells()->Add(cells.begin(), cells.end());
  }
  std::set<std::string> boards;
  for (const v1::OverviewCell& cell : overview.cells()) {
    overview.set_run_count(overview.run_count() + cell.run_count());
    if (overview.model_names().empty() ||
        *overview.model_names().rbegin() != cell.model_name()) {
      overview.add_model_names(cell.model_name());
    }
    boards.insert(cell.board_id());
  }
  overview.mutable_board_ids()->Add(boards.begin(), boards.end());
  ASSIGN_OR_RETURN(
      Query jobs,
      reader_.Select("SELECT coalesce(sum(job_count), 0) FROM job_counts"));
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
        reader_.Select("SELECT state, failure, job_count FROM job_counts"));
    while (true) {
      ASSIGN_OR_RETURN(const bool more, row.Step());
      if (!more) {
        break;
      }
      tallies.jobs[static_cast<int>(row.Int(0))] += row.Int(2);
      // A Failure begins with tag 8 and its class.
      const std::string head = row.Bytes(1);
      if (head.size() == 2 && head[0] == '\x08') {
        tallies.failures[head[1]] += row.Int(2);
      }
    }
  }
  ASSIGN_OR_RETURN(
      Query runs,
      reader_.Select("SELECT coalesce(sum(run_count), 0) FROM run_cells"));
  RETURN_IF_ERROR(runs.Step().status());
  tallies.run_count = runs.Int(0);
  return tallies;
}

}  // namespace tinyrig::server
