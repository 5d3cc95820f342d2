// The requests of QueryService but WatchLab (lab_feed.h), as plain functions
// over their messages, on read-only connections of their own: a long question
// never holds up the lab. Errors are those of query_service.proto. Thread-safe.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "server/filter/filter.h"
#include "server/request/caller.h"
#include "server/store/sqlite.h"
#include "tinyrig/v1/lab_service.pb.h"
#include "tinyrig/v1/query_service.pb.h"

namespace tinyrig::server {

class QueryApi {
 public:
  /// `database`: the store's file; it must be migrated already.
  static absl::StatusOr<std::unique_ptr<QueryApi>> Open(
      std::filesystem::path database, ScopeCheck check);

  absl::StatusOr<v1::Overview> GetOverview(
      const Caller& caller, const v1::GetOverviewRequest& request);
  absl::StatusOr<v1::Trend> GetTrend(const Caller& caller,
                                     const v1::GetTrendRequest& request);
  absl::StatusOr<v1::SqlResponse> Sql(const Caller& caller,
                                      const v1::SqlRequest& request);

  /// For /metrics: (state, count) and (failure class, count) of all jobs.
  struct Tallies {
    std::map<int, int64_t> jobs, failures;
    int64_t run_count = 0;
  };
  absl::StatusOr<Tallies> Count();

 private:
  QueryApi(std::filesystem::path path, Database reader, ScopeCheck check)
      : path_(std::move(path)),
        reader_(std::move(reader)),
        check_(std::move(check)) {}

  absl::Status RefreshCells();
  absl::StatusOr<std::vector<v1::OverviewCell>> FilteredCells(
      const Filter& filter);

  std::filesystem::path path_;
  std::mutex mutex_;  ///< guards what follows
  Database reader_;
  /// The overview without a filter, by model and board, as of a revision of
  /// run_cells.
  std::map<std::pair<std::string, std::string>, v1::OverviewCell> cells_;
  int64_t cells_revision_ = 0;
  ScopeCheck check_;
};

/// One SELECT on a fresh read-only connection that sees nothing but the views
/// of docs/SCHEMA.md.
absl::StatusOr<v1::SqlResponse> RunSql(const std::filesystem::path& database,
                                       const v1::SqlRequest& request);

}  // namespace tinyrig::server
