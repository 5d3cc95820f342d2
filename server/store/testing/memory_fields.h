// What filters and orders ask of a row in memory: a field by its name (they use
// the same names), nothing where the row has none. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "server/filter/value.h"
#include "server/store/records.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::server {

/// Times are microseconds since the Unix epoch, 0: not yet.
struct JobView {
  const JobRecord& record;
  const v1::Job& job;
  const v1::JobSpec& spec;
  int64_t end_us, run_id;
};

struct RunView {
  int64_t id;
  const v1::Run& run;
  int64_t job_id, create_us;
};

/// Of JobFilterFields, RunFilterFields, PredictionFilterFields; throws for
/// other names, which no bound filter has.
std::optional<Value> FieldOf(const JobView& row, std::string_view name);
std::optional<Value> FieldOf(const RunView& row, std::string_view name);
std::optional<Value> FieldOf(const v1::Prediction& row, std::string_view name);

}  // namespace tinyrig::server
