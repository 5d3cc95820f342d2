// Lists by plain sorting: every row is asked, then those that pass are sorted.
#include <algorithm>
#include <optional>

#include "server/filter/filter.h"
#include "server/request/resource_ids.h"
#include "server/store/testing/memory_fields.h"
#include "server/store/testing/memory_store.h"

namespace tinyrig::server {
namespace {

// The page of the rows that pass; `value` gives a row's field by its name.
template <typename Row, typename ValueOfRow, typename Show>
auto PageOf(const std::map<int64_t, Row>& rows, const ListRequest& request,
            const ValueOfRow& value, const Show& show) {
  const OrderField& by = *request.order.field;
  std::vector<ListPlace> places;
  for (const auto& [id, row] : rows) {
    ListPlace place{.key = {}, .id = id};
    if (by.kind != OrderField::Kind::kId) {
      place.key = value(id, row, by.name);
    }
    const bool behind = !request.after.has_value() ||
                        StandsBefore(*request.after, place, request.order);
    if (behind && Matches(request.filter, [&](const FilterField& field) {
          return value(id, row, field.name);
        })) {
      places.push_back(std::move(place));
    }
  }
  std::ranges::sort(places, [&](const ListPlace& a, const ListPlace& b) {
    return StandsBefore(a, b, request.order);
  });
  ListPage<decltype(show(0, rows.begin()->second))> page;
  for (const ListPlace& place : places) {
    if (std::ssize(page.rows) == request.limit) {
      break;
    }
    page.rows.push_back(show(place.id, rows.at(place.id)));
  }
  if (page.rows.size() < places.size() && !page.rows.empty()) {
    page.next = places[page.rows.size() - 1];
  }
  return page;
}

}  // namespace

absl::StatusOr<ListPage<JobRecord>> MemoryStore::ListJobs(
    const ListRequest& request) {
  const std::lock_guard lock(mutex_);
  return PageOf(
      jobs_, request,
      [](int64_t, const JobRow& row, std::string_view name) {
        const v1::Job& job = row.record.job;
        const JobView view{row.record, job, job.spec(), row.end_us, row.run_id};
        return FieldOf(view, name);
      },
      [](int64_t, const JobRow& row) { return Shown(row); });
}

v1::Run MemoryStore::Headline(int64_t id, const RunRow& row) {
  v1::Run run = row.run;
  run.set_id(RunName(id));
  run.clear_layers();
  run.clear_plan();
  run.mutable_latency()->clear_cycles();
  return run;
}

absl::StatusOr<ListPage<v1::Run>> MemoryStore::ListRuns(
    const ListRequest& request) {
  const std::lock_guard lock(mutex_);
  return PageOf(
      runs_, request,
      [](int64_t id, const RunRow& row, std::string_view name) {
        const RunView view{id, row.run, row.job_id, row.create_us};
        return FieldOf(view, name);
      },
      [](int64_t id, const RunRow& row) { return Headline(id, row); });
}

absl::StatusOr<std::vector<v1::Prediction>> MemoryStore::ListPredictions(
    int64_t run_id, const Filter& filter, int64_t from, int limit) {
  const std::lock_guard lock(mutex_);
  std::vector<v1::Prediction> found;
  const auto run = runs_.find(run_id);
  if (run == runs_.end()) {
    return found;
  }
  const auto samples = samples_.find(run->second.run.dataset_sha256());
  for (v1::Prediction prediction : jobs_.at(run->second.job_id).predictions) {
    const auto index = static_cast<size_t>(prediction.sample_index());
    if (samples != samples_.end() && index < samples->second.size()) {
      prediction.set_sample_name(samples->second[index].name);
    }
    if (prediction.sample_index() >= from && std::ssize(found) < limit &&
        Matches(filter, [&](const FilterField& field) {
          return FieldOf(prediction, field.name);
        })) {
      found.push_back(std::move(prediction));
    }
  }
  return found;
}

}  // namespace tinyrig::server
