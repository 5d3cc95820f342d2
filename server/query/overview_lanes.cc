#include "server/query/overview_lanes.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include <google/protobuf/util/time_util.h>

#include "server/request/resource_ids.h"
#include "server/store/list_places.h"
#include "server/store/sqlite_store.h"

namespace tinyrig::server {
namespace {

using google::protobuf::util::TimeUtil;

constexpr int64_t kSparkline = 20;
constexpr size_t kFewGroups = 3000;
constexpr size_t kReadWhole = 4;  ///< groups of a lane

struct NewRun {
  int64_t create_us = 0, id = 0;
  double us_p50 = 0;  ///< 0: its board has no clock
};

double Micros(int64_t cycles, int64_t clock_hz) {
  return clock_hz == 0 ? 0.0
                       : static_cast<double>(cycles) * 1e6 /
                             static_cast<double>(clock_hz);
}

absl::Status AddRuns(Query& row, std::vector<NewRun>& runs) {
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return absl::OkStatus();
    }
    runs.push_back({row.Int(0), row.Int(1), Micros(row.Int(2), row.Int(3))});
  }
}

// Along the index runs_series, which has all columns that are read here.
absl::StatusOr<std::vector<NewRun>> Walk(Database& database,
                                         const v1::OverviewCell& cell,
                                         const OverviewLane& lane,
                                         const Filter& filter, int64_t wanted) {
  SqlText sql;
  sql.Add("SELECT create_us, id, cycles_p50, clock_hz FROM runs WHERE ")
      .Add("model_name = ? AND board_id = ? AND origin = ?")
      .Bind(cell.model_name())
      .Bind(cell.board_id())
      .Bind(lane.origin);
  if (!lane.groups.empty()) {
    sql.Add(ToSql(filter));
  }
  sql.Add(" ORDER BY create_us DESC, id DESC LIMIT ?").Bind(wanted);
  ASSIGN_OR_RETURN(Query row, database.SelectValues(sql.text, sql.values));
  std::vector<NewRun> runs;
  RETURN_IF_ERROR(AddRuns(row, runs));
  return runs;
}

// Each group by its own index, merged.
absl::StatusOr<std::vector<NewRun>> Merge(Database& database,
                                          const OverviewLane& lane,
                                          const Filter& filter,
                                          int64_t wanted) {
  ASSIGN_OR_RETURN(const Order order,
                   ParseOrder("create_time desc", RunOrderFields()));
  std::vector<RunGroup> groups;
  for (const int64_t id : lane.groups) {
    groups.push_back({.id = id});
  }
  std::vector<ListPlace> places;
  RETURN_IF_ERROR(MergeGroups(database, order, ToSql(SplitByGroup(filter).rest),
                              {.with_key = true, .after = {}}, groups,
                              static_cast<size_t>(wanted), places));
  std::vector<NewRun> runs;
  for (const ListPlace& place : places) {
    ASSIGN_OR_RETURN(
        Query row,
        database.Select(
            "SELECT create_us, id, cycles_p50, clock_hz FROM runs WHERE id = ?",
            place.id));
    ASSIGN_OR_RETURN(const bool found, row.Step());
    if (found) {
      runs.push_back({row.Int(0), row.Int(1), Micros(row.Int(2), row.Int(3))});
    }
  }
  return runs;
}

// A few groups: the newest of each, sorted. All columns but those of `rest` are
// in the index runs_group_time.
absl::StatusOr<std::vector<NewRun>> ReadGroups(Database& database,
                                               const OverviewLane& lane,
                                               const Filter& filter,
                                               int64_t wanted) {
  SqlText sql;
  sql.Add("SELECT create_us, id, cycles_p50, clock_hz FROM runs WHERE ")
      .Add("group_id = ?")
      .Bind(int64_t{0})
      .Add(ToSql(SplitByGroup(filter).rest))
      .Add(" ORDER BY create_us DESC, id DESC LIMIT ?")
      .Bind(wanted);
  std::vector<NewRun> runs;
  for (const int64_t group : lane.groups) {
    sql.values.front() = group;
    ASSIGN_OR_RETURN(Query row, database.SelectValues(sql.text, sql.values));
    RETURN_IF_ERROR(AddRuns(row, runs));
  }
  std::ranges::sort(runs, [](const NewRun& a, const NewRun& b) {
    return std::tie(a.create_us, a.id) > std::tie(b.create_us, b.id);
  });
  runs.resize(std::min(runs.size(), static_cast<size_t>(wanted)));
  return runs;
}

// The newest by time, whatever the order in which they were stored: an import
// brings old runs.
absl::StatusOr<std::vector<NewRun>> Newest(Database& database,
                                           const v1::OverviewCell& cell,
                                           const OverviewLane& lane,
                                           const Filter& filter,
                                           int64_t wanted) {
  if (lane.groups.empty()) {
    return Walk(database, cell, lane, filter, wanted);
  }
  // A walk passes runs of other groups, a merge asks each group and looks up
  // each run.
  const int64_t walked = wanted * lane.total / std::max<int64_t>(lane.count, 1);
  const auto asked = static_cast<int64_t>(lane.groups.size()) + wanted;
  if (lane.groups.size() <= kReadWhole) {
    return ReadGroups(database, lane, filter, wanted);
  }
  return walked <= 2 * asked ? Walk(database, cell, lane, filter, wanted)
                             : Merge(database, lane, filter, wanted);
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
  cell->set_run_id(RunName(id));
  cell->set_model_sha256(row.Bytes(0));
  cell->set_origin(static_cast<v1::Origin>(row.Int(1)));
  *cell->mutable_create_time() = TimeUtil::MicrosecondsToTimestamp(row.Int(2));
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
void FillHistory(const std::vector<NewRun>& runs, v1::OverviewCell* cell) {
  if (runs.size() > 1) {
    cell->set_previous_run_id(RunName(runs[1].id));
    if (runs[1].us_p50 > 0) {
      cell->set_us_p50_change(runs[0].us_p50 / runs[1].us_p50 - 1);
    }
  }
  for (auto it = runs.rbegin(); it != runs.rend(); ++it) {
    cell->add_sparkline_us_p50(it->us_p50);
  }
}

using Counts = std::unordered_map<int64_t, int64_t>;

// Runs of each group that pass. One statement, so that SQLite finds them by
// the index that suits (of times, of latencies...), all of which have group_id.
absl::StatusOr<Counts> CountByGroup(Database& database, const Filter& rest) {
  SqlText sql;
  sql.Add("SELECT group_id FROM runs WHERE 1").Add(ToSql(rest));
  ASSIGN_OR_RETURN(Query row, database.SelectValues(sql.text, sql.values));
  Counts counts;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return counts;
    }
    ++counts[row.Int(0)];
  }
}

OverviewLane& LaneOf(std::vector<OverviewLane>& lanes, int64_t origin) {
  const auto it = std::ranges::find(lanes, origin, &OverviewLane::origin);
  return it != lanes.end() ? *it : lanes.emplace_back(OverviewLane{origin});
}

// Whether the filter asks for nothing but what all runs of a lane share.
bool OfLanes(const Filter& filter) {
  if (filter.kind == Filter::Kind::kTest) {
    const std::string_view column = filter.field->column;
    return column == "model_name" || column == "board_id" || column == "origin";
  }
  return std::ranges::all_of(filter.children, OfLanes);
}

absl::Status AddWholeLanes(Database& database, const Filter& filter,
                           OverviewLanes& lanes) {
  SqlText sql;
  sql.Add("SELECT model_name, board_id, origin, run_count FROM run_cells")
      .Add(" WHERE run_count > 0")
      .Add(ToSql(filter));
  ASSIGN_OR_RETURN(Query row, database.SelectValues(sql.text, sql.values));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return absl::OkStatus();
    }
    lanes[{row.Bytes(0), row.Bytes(1)}].push_back(
        {.origin = row.Int(2), .count = row.Int(3), .total = row.Int(3)});
  }
}

SqlText SelectGroups(const Filter& filter) {
  SqlText sql;
  sql.Add("SELECT model_name, board_id, origin, id, run_count FROM run_groups")
      .Add(" WHERE run_count > 0")
      .Add(ToSql(filter));
  return sql;
}

// Rows of SelectGroups. Without `counts` all runs of a group pass.
absl::Status AddRows(Query& row, const Counts* counts, OverviewLanes& lanes) {
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return absl::OkStatus();
    }
    int64_t count = row.Int(4);
    if (counts != nullptr) {
      const auto found = counts->find(row.Int(3));
      count = found == counts->end() ? 0 : found->second;
    }
    if (count > 0) {
      OverviewLane& lane =
          LaneOf(lanes[{row.Bytes(0), row.Bytes(1)}], row.Int(2));
      lane.count += count;
      lane.groups.push_back(row.Int(3));
    }
  }
}

absl::Status AddGroups(Database& database, const Filter& filter,
                       const Counts* counts, OverviewLanes& lanes) {
  const SqlText sql = SelectGroups(filter);
  ASSIGN_OR_RETURN(Query row, database.SelectValues(sql.text, sql.values));
  return AddRows(row, counts, lanes);
}

// Of tens of thousands of groups, those few that have counts.
absl::Status AddFewGroups(Database& database, const Filter& filter,
                          const Counts& counts, OverviewLanes& lanes) {
  SqlText sql = SelectGroups(filter);
  sql.Add(" AND id = ?").Bind(int64_t{0});
  for (const auto& [id, count] : counts) {
    sql.values.back() = id;
    ASSIGN_OR_RETURN(Query row, database.SelectValues(sql.text, sql.values));
    RETURN_IF_ERROR(AddRows(row, &counts, lanes));
  }
  return absl::OkStatus();
}

// What all lanes have, to know those of which all runs pass.
absl::Status SetTotals(Database& database, OverviewLanes& lanes) {
  ASSIGN_OR_RETURN(Query row,
                   database.Select("SELECT model_name, board_id, origin, "
                                   "run_count FROM run_cells"));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return absl::OkStatus();
    }
    const auto cell = lanes.find({row.Bytes(0), row.Bytes(1)});
    if (cell == lanes.end()) {
      continue;
    }
    for (OverviewLane& lane : cell->second) {
      if (lane.origin == row.Int(2)) {
        lane.total = row.Int(3);
        if (lane.count == lane.total) {
          lane.groups.clear();
        }
      }
    }
  }
}

}  // namespace

absl::StatusOr<OverviewLanes> FindLanes(Database& database,
                                        const Filter& filter) {
  OverviewLanes lanes;
  if (OfLanes(filter)) {
    RETURN_IF_ERROR(AddWholeLanes(database, filter, lanes));
    return lanes;
  }
  const SplitFilter split = SplitByGroup(filter);
  if (split.rest.empty()) {
    RETURN_IF_ERROR(AddGroups(database, split.group, nullptr, lanes));
  } else {
    ASSIGN_OR_RETURN(const Counts counts, CountByGroup(database, split.rest));
    RETURN_IF_ERROR(counts.size() <= kFewGroups
                        ? AddFewGroups(database, split.group, counts, lanes)
                        : AddGroups(database, split.group, &counts, lanes));
  }
  RETURN_IF_ERROR(SetTotals(database, lanes));
  return lanes;
}

absl::StatusOr<std::vector<OverviewLane>> LanesOfCell(
    Database& database, const v1::OverviewCell& cell) {
  ASSIGN_OR_RETURN(
      Query row,
      database.Select("SELECT origin, run_count FROM run_cells WHERE "
                      "model_name = ? AND board_id = ? AND run_count > 0",
                      cell.model_name(), cell.board_id()));
  std::vector<OverviewLane> lanes;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return lanes;
    }
    lanes.push_back(
        {.origin = row.Int(0), .count = row.Int(1), .total = row.Int(1)});
  }
}

absl::Status FillOverviewCell(Database& database, const Filter& filter,
                              const std::vector<OverviewLane>& lanes,
                              v1::OverviewCell* cell) {
  const OverviewLane* best = nullptr;
  NewRun newest;
  for (const OverviewLane& lane : lanes) {
    ASSIGN_OR_RETURN(const auto runs, Newest(database, *cell, lane, filter, 1));
    if (runs.empty()) {
      continue;
    }
    cell->set_run_count(cell->run_count() + lane.count);
    if (best == nullptr || std::tie(runs[0].create_us, runs[0].id) >
                               std::tie(newest.create_us, newest.id)) {
      best = &lane;
      newest = runs[0];
    }
  }
  if (best == nullptr) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const auto runs,
                   Newest(database, *cell, *best, filter, kSparkline));
  if (runs.empty()) {
    return absl::OkStatus();
  }
  FillHistory(runs, cell);
  return FillNewest(database, runs[0].id, cell);
}

}  // namespace tinyrig::server
