#include "server/store/testing/memory_fields.h"

#include <map>

namespace tinyrig::server {
namespace {

std::optional<Value> Whole(int64_t value) {
  return Value(value);
}

std::optional<Value> Text(const std::string& text) {
  return Value(text);
}

std::optional<Value> Positive(int64_t value) {
  return value > 0 ? Whole(value) : std::nullopt;
}

std::optional<Value> Micros(int64_t cycles, const v1::Run& run) {
  const int64_t clock_hz = run.environment().clock_hz();
  return clock_hz <= 0
             ? std::nullopt
             : std::optional<Value>(static_cast<double>(cycles) * 1e6 /
                                    static_cast<double>(clock_hz));
}

std::optional<Value> Top1(const v1::Accuracy& accuracy) {
  return accuracy.total() <= 0
             ? std::nullopt
             : std::optional<Value>(static_cast<double>(accuracy.correct()) /
                                    static_cast<double>(accuracy.total()));
}

// A field of a row by its name; filters and orders use the same names.
template <typename Row>
using Fields =
    std::map<std::string_view, std::optional<Value> (*)(const Row& row)>;

const Fields<JobView>& JobFields() {
  using Row = const JobView&;
  static const Fields<JobView> fields = {
      {"id", [](Row row) { return Whole(row.record.id); }},
      {"state", [](Row row) { return Whole(row.job.state()); }},
      {"failure_class",
       [](Row row) { return Positive(row.job.failure().failure_class()); }},
      {"board_id", [](Row row) { return Text(row.spec.board_id()); }},
      {"board_name", [](Row row) { return Text(row.job.board_name()); }},
      {"agent_id", [](Row row) { return Text(row.job.agent_id()); }},
      {"model_name", [](Row row) { return Text(row.spec.model_name()); }},
      {"model_sha256", [](Row row) { return Text(row.spec.model_sha256()); }},
      {"submitter", [](Row row) { return Text(row.spec.submitter()); }},
      {"priority", [](Row row) { return Whole(row.spec.priority()); }},
      {"create_time", [](Row row) { return Whole(row.record.create_us); }},
      {"end_time", [](Row row) { return Positive(row.end_us); }},
      {"run_id", [](Row row) { return Positive(row.run_id); }},
      {"request_id", [](Row row) { return Text(row.job.request_id()); }}};
  return fields;
}

const Fields<RunView>& RunFields() {
  using Row = const RunView&;
  static const Fields<RunView> fields = {
      {"id", [](Row row) { return Whole(row.id); }},
      {"job_id", [](Row row) { return Whole(row.job_id); }},
      {"model_name", [](Row row) { return Text(row.run.model_name()); }},
      {"model_sha256", [](Row row) { return Text(row.run.model_sha256()); }},
      {"board_id", [](Row row) { return Text(row.run.board_id()); }},
      {"board_name", [](Row row) { return Text(row.run.board_name()); }},
      {"dataset_name", [](Row row) { return Text(row.run.dataset_name()); }},
      {"dataset_sha256",
       [](Row row) { return Text(row.run.dataset_sha256()); }},
      {"submitter", [](Row row) { return Text(row.run.submitter()); }},
      {"origin", [](Row row) { return Whole(row.run.origin()); }},
      {"create_time", [](Row row) { return Whole(row.create_us); }},
      {"us_min",
       [](Row row) { return Micros(row.run.latency().cycles_min(), row.run); }},
      {"us_p50",
       [](Row row) { return Micros(row.run.latency().cycles_p50(), row.run); }},
      {"us_p90",
       [](Row row) { return Micros(row.run.latency().cycles_p90(), row.run); }},
      {"us_max",
       [](Row row) { return Micros(row.run.latency().cycles_max(), row.run); }},
      {"cycles_p50",
       [](Row row) { return Whole(row.run.latency().cycles_p50()); }},
      {"instructions", [](Row row) { return Whole(row.run.instructions()); }},
      {"sram_bytes",
       [](Row row) { return Whole(row.run.memory().total_bytes()); }},
      {"flash_bytes",
       [](Row row) { return Whole(row.run.flash().total_bytes()); }},
      {"top1", [](Row row) { return Top1(row.run.accuracy()); }},
      {"correct",
       [](Row row) {
         return row.run.accuracy().total() > 0
                    ? Whole(row.run.accuracy().correct())
                    : std::nullopt;
       }},
      {"total", [](Row row) { return Positive(row.run.accuracy().total()); }}};
  return fields;
}

const Fields<v1::Prediction>& PredictionFields() {
  using Row = const v1::Prediction&;
  static const Fields<v1::Prediction> fields = {
      {"sample_index", [](Row row) { return Whole(row.sample_index()); }},
      {"sample_name", [](Row row) { return Text(row.sample_name()); }},
      {"label", [](Row row) { return Whole(row.label()); }},
      {"predicted", [](Row row) { return Whole(row.predicted()); }},
      {"correct",
       [](Row row) { return Whole(row.label() == row.predicted() ? 1 : 0); }},
      {"cycles", [](Row row) { return Whole(row.cycles()); }}};
  return fields;
}

}  // namespace

std::optional<Value> FieldOf(const JobView& row, std::string_view name) {
  return JobFields().at(name)(row);
}

std::optional<Value> FieldOf(const RunView& row, std::string_view name) {
  return RunFields().at(name)(row);
}

std::optional<Value> FieldOf(const v1::Prediction& row, std::string_view name) {
  return PredictionFields().at(name)(row);
}

}  // namespace tinyrig::server
