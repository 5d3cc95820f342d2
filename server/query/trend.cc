// One metric over time.
#include <array>
#include <optional>

#include "absl/strings/str_join.h"
#include <google/protobuf/util/message_differencer.h>

#include "server/query/query_api.h"
#include "server/store/sqlite_store.h"

namespace tinyrig::server {
namespace {

constexpr int kDefaultPoints = 500;
constexpr int kMaxPoints = 5000;

struct Metric {
  std::string_view name;
  std::optional<double> (*value)(const v1::Run& run);
};

constexpr std::array<Metric, 7> kMetrics = {{
    {"us_p50",
     [](const v1::Run& run) -> std::optional<double> {
       return run.latency().us_p50();
     }},
    {"cycles_p50",
     [](const v1::Run& run) -> std::optional<double> {
       return static_cast<double>(run.latency().cycles_p50());
     }},
    {"instructions",
     [](const v1::Run& run) -> std::optional<double> {
       return static_cast<double>(run.instructions());
     }},
    {"arena_bytes",
     [](const v1::Run& run) -> std::optional<double> {
       return static_cast<double>(run.memory().arena_bytes());
     }},
    {"sram_bytes",
     [](const v1::Run& run) -> std::optional<double> {
       return static_cast<double>(run.memory().total_bytes());
     }},
    {"flash_bytes",
     [](const v1::Run& run) -> std::optional<double> {
       return static_cast<double>(run.flash().total_bytes());
     }},
    {"top1",
     [](const v1::Run& run) -> std::optional<double> {
       return run.has_accuracy() ? std::optional(run.accuracy().top1())
                                 : std::nullopt;
     }},
}};

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

void AddChanges(const v1::Environment& before, const v1::Environment& now,
                v1::TrendPoint* point) {
  const auto& descriptor = *v1::Environment::descriptor();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const auto* field = descriptor.field(i);
    google::protobuf::util::MessageDifferencer differencer;
    if (!differencer.CompareWithFields(before, now, {field}, {field})) {
      point->add_environment_changes(field->name());
    }
  }
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
  std::vector<v1::Run> runs;
  {
    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(
        Query row,
        reader_.Select("SELECT id, create_us, detail FROM runs "
                       "WHERE model_name = ? AND board_id = ? "
                       "ORDER BY id DESC LIMIT ?",
                       request.model_name(), request.board_id(), limit));
    while (true) {
      ASSIGN_OR_RETURN(const bool more, row.Step());
      if (!more) {
        break;
      }
      v1::Run& run = runs.emplace_back();
      run.ParseFromString(row.Bytes(2));
      run.set_id(absl::StrCat("r-", row.Int(0)));
      SetTimestamp(row.Int(1), run.mutable_create_time());
    }
  }
  v1::Trend trend;
  trend.set_model_name(request.model_name());
  trend.set_board_id(request.board_id());
  trend.set_metric(request.metric());
  const v1::Run* before = nullptr;
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
    const std::optional<double> value = metric->value(*run);
    if (!value.has_value()) {
      continue;
    }
    v1::TrendPoint* point = trend.add_points();
    point->set_run_id(run->id());
    *point->mutable_create_time() = run->create_time();
    point->set_value(*value);
    point->set_origin(run->origin());
    if (before != nullptr) {
      AddChanges(before->environment(), run->environment(), point);
    }
    before = &*run;
  }
  return trend;
}

}  // namespace tinyrig::server
