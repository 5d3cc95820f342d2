// A cell of the overview in the making. A lane is one origin of a cell (model,
// board kind); it is made of groups (run_groups). Which runs of it are the
// newest comes from an index, whatever the filter.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "server/filter/filter.h"
#include "server/store/sqlite.h"
#include "tinyrig/v1/query_service.pb.h"

namespace tinyrig::server {

struct OverviewLane {
  int64_t origin = 0;
  int64_t count = 0;  ///< of its runs that pass
  int64_t total = 0;  ///< of all its runs
  /// Groups with runs that pass; empty when all runs do.
  std::vector<int64_t> groups;
};

/// By model and board kind, in this order.
using OverviewLanes =
    std::map<std::pair<std::string, std::string>, std::vector<OverviewLane>>;

/// Lanes with runs that pass, of all cells.
absl::StatusOr<OverviewLanes> FindLanes(Database& database,
                                        const Filter& filter);
/// All lanes of one cell.
absl::StatusOr<std::vector<OverviewLane>> LanesOfCell(
    Database& database, const v1::OverviewCell& cell);

/// Fills all but model_name and board_id. A cell whose runs are gone meanwhile
/// stays without run_id.
absl::Status FillOverviewCell(Database& database, const Filter& filter,
                              const std::vector<OverviewLane>& lanes,
                              v1::OverviewCell* cell);

}  // namespace tinyrig::server
