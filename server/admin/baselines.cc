#include "server/admin/baselines.h"

#include <algorithm>

#include <google/protobuf/util/time_util.h>

#include "server/request/resource_ids.h"
#include "server/store/sqlite_store.h"

namespace tinyrig::server {
namespace {

using google::protobuf::util::TimeUtil;

v1::Baseline BaselineOf(const Query& row) {
  v1::Baseline baseline;
  baseline.set_name(row.Bytes(0));
  baseline.set_run_id(RunName(row.Int(1)));
  *baseline.mutable_create_time() =
      TimeUtil::MicrosecondsToTimestamp(row.Int(2));
  return baseline;
}

absl::StatusOr<bool> Exists(Database& database, const char* sql,
                            const auto& value) {
  ASSIGN_OR_RETURN(Query row, database.Select(sql, value));
  return row.Step();
}

absl::Status CheckRoomForOne(Database& writer) {
  ASSIGN_OR_RETURN(Query row, writer.Select("SELECT count(*) FROM baselines"));
  RETURN_IF_ERROR(row.Step().status());
  return row.Int(0) < kMaxBaselines
             ? absl::OkStatus()
             : absl::ResourceExhaustedError(
                   absl::StrCat("there are ", row.Int(0), " baselines, ",
                                kMaxBaselines, " are allowed; delete some"));
}

}  // namespace

absl::Status CheckBaselineName(const std::string& name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  const bool good = !name.empty() && name.size() <= 64 && plain(name.front()) &&
                    std::ranges::all_of(name, [&](char c) {
                      return plain(c) || c == '_' || c == '.' || c == '-';
                    });
  return good ? absl::OkStatus()
              : absl::InvalidArgumentError(
                    absl::StrCat("baseline name \"", name.substr(0, 80),
                                 "\": [a-z0-9][a-z0-9_.-]{0,63} is wanted"));
}

absl::StatusOr<v1::Baseline> PutBaseline(Database& writer,
                                         const std::string& name,
                                         int64_t run_id, int64_t now_us) {
  ASSIGN_OR_RETURN(const bool is_run,
                   Exists(writer, "SELECT 1 FROM runs WHERE id = ?", run_id));
  if (!is_run) {
    return absl::NotFoundError(absl::StrCat("no run r-", run_id));
  }
  ASSIGN_OR_RETURN(
      const bool moves,
      Exists(writer, "SELECT 1 FROM baselines WHERE name = ?", name));
  if (!moves) {
    RETURN_IF_ERROR(CheckRoomForOne(writer));
  }
  RETURN_IF_ERROR(writer
                      .Run("INSERT OR REPLACE INTO baselines VALUES (?, ?, ?)",
                           name, run_id, now_us)
                      .status());
  v1::Baseline baseline;
  baseline.set_name(name);
  baseline.set_run_id(RunName(run_id));
  *baseline.mutable_create_time() = TimeUtil::MicrosecondsToTimestamp(now_us);
  return baseline;
}

absl::StatusOr<v1::Baseline> DropBaseline(Database& writer,
                                          const std::string& name) {
  v1::Baseline baseline;
  {
    ASSIGN_OR_RETURN(Query row,
                     writer.Select("SELECT name, run_id, create_us FROM "
                                   "baselines WHERE name = ?",
                                   name));
    ASSIGN_OR_RETURN(const bool found, row.Step());
    if (!found) {
      return absl::NotFoundError(
          absl::StrCat("no baseline \"", name.substr(0, 80), "\""));
    }
    baseline = BaselineOf(row);
  }
  RETURN_IF_ERROR(
      writer.Run("DELETE FROM baselines WHERE name = ?", name).status());
  return baseline;
}

absl::StatusOr<std::vector<v1::Baseline>> AllBaselines(Database& reader) {
  ASSIGN_OR_RETURN(
      Query row, reader.Select("SELECT name, run_id, create_us FROM baselines "
                               "ORDER BY name"));
  std::vector<v1::Baseline> baselines;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return baselines;
    }
    baselines.push_back(BaselineOf(row));
  }
}

}  // namespace tinyrig::server
