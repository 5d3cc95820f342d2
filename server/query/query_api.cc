// Overview: models x board kinds. The rest: trend.cc, sql.cc.
#include "server/query/query_api.h"

#include <set>

#include "base/clock.h"
#include "server/query/overview_lanes.h"
#include "server/query/read_transaction.h"

namespace tinyrig::server {
absl::StatusOr<std::unique_ptr<QueryApi>> QueryApi::Open(
    std::filesystem::path database, ScopeCheck check) {
  ASSIGN_OR_RETURN(Database reader,
                   Database::Open(database, Database::Mode::kReadOnly));
  return std::unique_ptr<QueryApi>(
      new QueryApi(std::move(database), std::move(reader), std::move(check)));
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
    ASSIGN_OR_RETURN(const auto lanes, LanesOfCell(reader_, cell));
    RETURN_IF_ERROR(FillOverviewCell(reader_, {}, lanes, &cell));
    if (cell.run_id().empty()) {
      cells_.erase(key);
    } else {
      cells_[key] = std::move(cell);
    }
  }
  cells_revision_ = revision;
  return absl::OkStatus();
}

// A cell of which all runs pass is known already.
absl::StatusOr<std::vector<v1::OverviewCell>> QueryApi::FilteredCells(
    const Filter& filter) {
  ASSIGN_OR_RETURN(const OverviewLanes found, FindLanes(reader_, filter));
  std::vector<v1::OverviewCell> cells;
  for (const auto& [key, lanes] : found) {
    int64_t count = 0;
    for (const OverviewLane& lane : lanes) {
      count += lane.count;
    }
    if (const auto known = cells_.find(key);
        known != cells_.end() && known->second.run_count() == count) {
      cells.push_back(known->second);
      continue;
    }
    v1::OverviewCell cell;
    cell.set_model_name(key.first);
    cell.set_board_id(key.second);
    RETURN_IF_ERROR(FillOverviewCell(reader_, filter, lanes, &cell));
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
  ASSIGN_OR_RETURN(const ReadTransaction transaction,
                   ReadTransaction::Begin(reader_));
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
