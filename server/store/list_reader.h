// Pages of runs and jobs: any filter, any order, a million rows. On a
// connection of its own, so that a long list holds up nobody else.
//
// How a page is found, the first that answers:
//   few    a term that its index says few rows meet: these, sorted
//   walk   along the index of the order, for some thousand rows
//   merge  runs only: groups (equal model, board kind, origin, dataset,
//          submitter) that pass, each in its own order by an index
//   scan   along the index of the order to the end; 5 s at most
//
// Thread-safe. DEADLINE_EXCEEDED: the scan took too long.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "server/request/list_order.h"
#include "server/store/sqlite.h"

namespace tinyrig::server {

struct ListTable {
  std::string_view name;
  bool has_groups = false;
};
inline constexpr ListTable kRunTable = {"runs", true};
inline constexpr ListTable kJobTable = {"jobs", false};

class ListReader {
 public:
  /// The database must be migrated.
  static absl::StatusOr<std::unique_ptr<ListReader>> Open(
      const std::filesystem::path& path);

  /// Calls `row` with each row of the page, in order: `select` is run with an
  /// id as its value. The whole page is of one moment.
  absl::StatusOr<std::optional<ListPlace>> Read(
      const ListTable& table, const ListRequest& request, const char* select,
      const std::function<void(const Query&)>& row);

 private:
  explicit ListReader(Database database) : database_(std::move(database)) {}
  absl::StatusOr<std::optional<ListPlace>> ReadPage(
      const ListTable& table, const ListRequest& request, const char* select,
      const std::function<void(const Query&)>& row);

  std::mutex mutex_;
  Database database_;
};

}  // namespace tinyrig::server
