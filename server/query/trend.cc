// One metric over time.
#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <unordered_map>

#include "absl/strings/str_join.h"
#include <google/protobuf/util/message_differencer.h>
#include <google/protobuf/util/time_util.h>

#include "server/query/query_api.h"
#include "server/query/read_transaction.h"
#include "server/request/resource_ids.h"
#include "server/store/sqlite_store.h"

namespace tinyrig::server {
namespace {

using google::protobuf::util::TimeUtil;

constexpr int kDefaultPoints = 500;
constexpr int kMaxPoints = 5000;

struct Metric {
  std::string_view name;
  std::string_view sql;    ///< over the columns of the index runs_series
  std::string_view where;  ///< of the runs that have it
};

constexpr std::array<Metric, 7> kMetrics = {{
    {"us_p50", "iif(clock_hz > 0, cycles_p50 * 1e6 / clock_hz, 0.0)", ""},
    {"cycles_p50", "cycles_p50", ""},
    {"instructions", "instructions", ""},
    {"arena_bytes", "arena_bytes", ""},
    {"sram_bytes", "memory_bytes", ""},
    {"flash_bytes", "flash_bytes", ""},
    {"top1", "correct * 1.0 / total", " AND total > 0"},
}};

struct Point {
  int64_t create_us = 0;
  int64_t run_id = 0;
  int64_t origin = 0;
  int64_t environment_id = 0;
  double value = 0;
};

absl::StatusOr<const Metric*> FindMetric(const std::string& name) {
  std::vector<std::string> names;
  for (const Metric& metric : kMetrics) {
    if (metric.name == name) {
      return &metric;
    }
    names.emplace_back(metric.name);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("metric: \"", name.substr(0, 80),
                   "\" is unknown; known: ", absl::StrJoin(names, ", ")));
}

// MessageDifferencer says the same of these, a hundred times slower; points of
// a long trend may have thousands of pairs.
bool IsEqual(const v1::Environment& a, const v1::Environment& b,
             const google::protobuf::FieldDescriptor* field) {
  using Field = google::protobuf::FieldDescriptor;
  const google::protobuf::Reflection& of = *a.GetReflection();
  if (!field->is_repeated()) {
    std::string scratch_a, scratch_b;
    switch (field->cpp_type()) {
      case Field::CPPTYPE_STRING:
        return of.GetStringReference(a, field, &scratch_a) ==
               of.GetStringReference(b, field, &scratch_b);
      case Field::CPPTYPE_INT32:
        return of.GetInt32(a, field) == of.GetInt32(b, field);
      case Field::CPPTYPE_INT64:
        return of.GetInt64(a, field) == of.GetInt64(b, field);
      case Field::CPPTYPE_BOOL:
        return of.GetBool(a, field) == of.GetBool(b, field);
      default:
        break;
    }
  }
  google::protobuf::util::MessageDifferencer differencer;
  return differencer.CompareWithFields(a, b, {field}, {field});
}

void AddChanges(const v1::Environment& before, const v1::Environment& now,
                v1::TrendPoint* point) {
  const auto& descriptor = *v1::Environment::descriptor();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    if (!IsEqual(before, now, descriptor.field(i))) {
      point->add_environment_changes(descriptor.field(i)->name());
    }
  }
}

// The newest of one origin, in the order of the index.
absl::Status AddPoints(Database& database, const v1::GetTrendRequest& request,
                       const Metric& metric, int64_t origin, int limit,
                       std::vector<Point>& points) {
  const std::string sql = absl::StrCat(
      "SELECT create_us, id, environment_id, ", std::string(metric.sql),
      " FROM runs WHERE model_name = ? AND board_id = ? AND origin = ?",
      std::string(metric.where), " ORDER BY create_us DESC, id DESC LIMIT ?");
  ASSIGN_OR_RETURN(Query row,
                   database.Select(sql.c_str(), request.model_name(),
                                   request.board_id(), origin, limit));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return absl::OkStatus();
    }
    points.push_back({row.Int(0), row.Int(1), origin, row.Int(2), row.Real(3)});
  }
}

// Runs share environments: each is parsed once.
class Environments {
 public:
  explicit Environments(Database& database) : database_(database) {}

  /// Key of a point's environment; NOT_FOUND: its run is gone meanwhile. A run
  /// stored before environments were has it in its detail only.
  absl::StatusOr<int64_t> Load(const Point& point) {
    const bool shared = point.environment_id != 0;
    const int64_t key = shared ? point.environment_id : -point.run_id;
    if (known_.contains(key)) {
      return key;
    }
    ASSIGN_OR_RETURN(
        Query row,
        database_.Select(shared ? "SELECT detail FROM environments WHERE id = ?"
                                : "SELECT detail FROM runs WHERE id = ?",
                         std::abs(key)));
    ASSIGN_OR_RETURN(const bool found, row.Step());
    if (!found) {
      return absl::NotFoundError("its run is gone");
    }
    if (shared) {
      known_[key].ParseFromString(row.Bytes(0));
    } else {
      v1::Run run;
      run.ParseFromString(row.Bytes(0));
      known_[key] = run.environment();
    }
    return key;
  }

  void AddDifferences(int64_t before, int64_t now, v1::TrendPoint* point) {
    if (before != now) {
      AddChanges(known_.at(before), known_.at(now), point);
    }
  }

 private:
  Database& database_;
  std::unordered_map<int64_t, v1::Environment> known_;
};

absl::StatusOr<std::vector<int64_t>> OriginsOf(
    Database& database, const v1::GetTrendRequest& request) {
  ASSIGN_OR_RETURN(Query row,
                   database.Select("SELECT origin FROM run_cells WHERE "
                                   "model_name = ? AND board_id = ?",
                                   request.model_name(), request.board_id()));
  std::vector<int64_t> origins;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (!more) {
      return origins;
    }
    origins.push_back(row.Int(0));
  }
}

// Oldest first, at most `limit` of the newest.
absl::StatusOr<std::vector<Point>> PointsOf(Database& database,
                                            const v1::GetTrendRequest& request,
                                            const Metric& metric, int limit) {
  ASSIGN_OR_RETURN(const auto origins, OriginsOf(database, request));
  std::vector<Point> points;
  for (const int64_t origin : origins) {
    RETURN_IF_ERROR(
        AddPoints(database, request, metric, origin, limit, points));
  }
  std::sort(points.begin(), points.end(), [](const Point& a, const Point& b) {
    return std::tie(a.create_us, a.run_id) < std::tie(b.create_us, b.run_id);
  });
  if (points.size() > static_cast<size_t>(limit)) {
    points.erase(points.begin(), points.end() - limit);
  }
  return points;
}

}  // namespace

absl::StatusOr<v1::Trend> QueryApi::GetTrend(
    const Caller& caller, const v1::GetTrendRequest& request) {
  RETURN_IF_ERROR(check_(caller, Scope::kRead));
  if (request.model_name().empty() || request.board_id().empty()) {
    return absl::InvalidArgumentError(
        "model_name and board_id: both are wanted");
  }
  ASSIGN_OR_RETURN(const Metric* metric, FindMetric(request.metric()));
  if (request.limit() < 0 || request.limit() > kMaxPoints) {
    return absl::InvalidArgumentError(absl::StrCat(
        "limit: ", request.limit(), ", 0 to ", kMaxPoints, " is wanted"));
  }
  const int limit = request.limit() == 0 ? kDefaultPoints : request.limit();
  const std::lock_guard lock(mutex_);
  ASSIGN_OR_RETURN(const ReadTransaction transaction,
                   ReadTransaction::Begin(reader_));
  ASSIGN_OR_RETURN(const auto points,
                   PointsOf(reader_, request, *metric, limit));
  v1::Trend trend;
  trend.set_model_name(request.model_name());
  trend.set_board_id(request.board_id());
  trend.set_metric(request.metric());
  Environments environments(reader_);
  std::optional<int64_t> before;
  for (const Point& from : points) {
    const auto environment = environments.Load(from);
    if (environment.status().code() == absl::StatusCode::kNotFound) {
      continue;
    }
    RETURN_IF_ERROR(environment.status());
    v1::TrendPoint* point = trend.add_points();
    point->set_run_id(RunName(from.run_id));
    *point->mutable_create_time() =
        TimeUtil::MicrosecondsToTimestamp(from.create_us);
    point->set_value(from.value);
    point->set_origin(static_cast<v1::Origin>(from.origin));
    if (before.has_value()) {
      environments.AddDifferences(*before, *environment, point);
    }
    before = *environment;
  }
  return trend;
}

}  // namespace tinyrig::server
