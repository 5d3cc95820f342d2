// The run itself and its samples; jobs and logs in check_job.cc, predictions
// in check_predictions.cc.
#include "server/transfer/check_record.h"

#include <vector>

#include "absl/strings/str_cat.h"

#include "server/lab/run_builder.h"
#include "server/request/resource_ids.h"
#include "server/stats/latency.h"
#include "server/transfer/check_parts.h"
#include "server/transfer/field_path.h"

namespace tinyrig::server {
namespace {

constexpr int64_t kMaxClockHz = 10'000'000'000;
constexpr int64_t kMaxRuns = 1000;
constexpr int64_t kMaxLayers = 100'000, kMaxEntries = 1'000'000;
constexpr int kMaxTensors = 256, kMaxDimensions = 16;
constexpr size_t kMaxFlags = 4096;

absl::Status CheckSource(const v1::RunRecord& record) {
  RETURN_IF_ERROR(
      CheckHex({"source_server_id"}, record.source_server_id(), 32));
  if (!ParseRunId(record.source_run_id()).ok()) {
    return Wrong({"source_run_id"}, Quoted(record.source_run_id()),
                 "\"r-\" and a number");
  }
  const v1::Run& run = record.run();
  if (!run.source_server_id().empty() || !run.source_run_id().empty()) {
    RETURN_IF_ERROR(CheckSame({"run.source_server_id"}, run.source_server_id(),
                              record.source_server_id()));
    RETURN_IF_ERROR(CheckSame({"run.source_run_id"}, run.source_run_id(),
                              record.source_run_id()));
  }
  return absl::OkStatus();
}

absl::Status CheckNames(const v1::Run& run, int64_t now_us) {
  RETURN_IF_ERROR(CheckName({"run.model_name"}, run.model_name()));
  RETURN_IF_ERROR(CheckHex({"run.model_sha256"}, run.model_sha256(), 64));
  RETURN_IF_ERROR(CheckName({"run.board_id"}, run.board_id()));
  RETURN_IF_ERROR(CheckText({"run.board_name"}, run.board_name(), kMaxName));
  RETURN_IF_ERROR(
      CheckText({"run.dataset_name"}, run.dataset_name(), kMaxName));
  RETURN_IF_ERROR(CheckName({"run.submitter"}, run.submitter()));
  if (!run.artifact_sha256().empty()) {
    RETURN_IF_ERROR(
        CheckHex({"run.artifact_sha256"}, run.artifact_sha256(), 64));
  }
  RETURN_IF_ERROR(CheckText({"run.image_hash"}, run.image_hash(), kMaxName));
  RETURN_IF_ERROR(CheckTime({"run.create_time"}, run.create_time(), now_us));
  for (const auto& [name, seconds] : {std::pair{"run.queue_s", run.queue_s()},
                                      {"run.compile_s", run.compile_s()},
                                      {"run.flash_s", run.flash_s()},
                                      {"run.board_s", run.board_s()}}) {
    RETURN_IF_ERROR(CheckAmount({name}, seconds));
  }
  return absl::OkStatus();
}

absl::Status CheckEnvironment(const v1::Run& run) {
  const v1::Environment& environment = run.environment();
  RETURN_IF_ERROR(CheckSame({"run.environment.board_id"},
                            environment.board_id(), run.board_id()));
  RETURN_IF_ERROR(
      CheckHex({"run.environment.board_uid"}, environment.board_uid(), 24));
  ASSIGN_OR_RETURN(const v1::Origin origin, OriginOf(environment.board_uid()));
  if (run.origin() != origin) {
    return Wrong({"run.origin"}, v1::Origin_Name(run.origin()),
                 absl::StrCat(v1::Origin_Name(origin), " (by the chip's uid ",
                              environment.board_uid(), ")"));
  }
  RETURN_IF_ERROR(CheckRange({"run.environment.clock_hz"},
                             environment.clock_hz(), 1, kMaxClockHz));
  RETURN_IF_ERROR(CheckRange({"run.environment.flash_wait_states"},
                             environment.flash_wait_states(), 0, 255));
  RETURN_IF_ERROR(CheckText({"run.environment.compiler_flags"},
                            environment.compiler_flags(), kMaxFlags));
  for (const auto& [name, text] :
       {std::pair{"run.environment.flash_acr", &environment.flash_acr()},
        {"run.environment.compiler", &environment.compiler()},
        {"run.environment.engine_version", &environment.engine_version()},
        {"run.environment.firmware_version", &environment.firmware_version()},
        {"run.environment.timing_model", &environment.timing_model()},
        {"run.environment.agent_version", &environment.agent_version()},
        {"run.environment.server_version", &environment.server_version()},
        {"run.environment.idcode", &environment.idcode()}}) {
    RETURN_IF_ERROR(CheckText({name}, *text, kMaxName));
  }
  return CheckSame({"run.engine_version"}, run.engine_version(),
                   environment.engine_version());
}

absl::Status CheckLatency(const v1::Run& run) {
  const v1::Latency& got = run.latency();
  RETURN_IF_ERROR(CheckRange({"run.latency.cycles length"}, got.cycles_size(),
                             1, kMaxRuns));
  for (int i = 0; i < got.cycles_size(); ++i) {
    RETURN_IF_ERROR(
        CheckRange({"run.latency.cycles", i}, got.cycles(i), 0, kMaxCount));
  }
  RETURN_IF_ERROR(CheckRange({"run.latency.overhead_cycles"},
                             got.overhead_cycles(), 0, kMaxCount));
  const std::vector<int64_t> cycles(got.cycles().begin(), got.cycles().end());
  const v1::Latency wanted =
      Summarise(cycles, run.environment().clock_hz(), got.overhead_cycles());
  RETURN_IF_ERROR(CheckSame({"run.latency.sample_count"}, got.sample_count(),
                            wanted.sample_count()));
  RETURN_IF_ERROR(CheckSame({"run.latency.cycles_min"}, got.cycles_min(),
                            wanted.cycles_min()));
  RETURN_IF_ERROR(CheckSame({"run.latency.cycles_p50"}, got.cycles_p50(),
                            wanted.cycles_p50()));
  RETURN_IF_ERROR(CheckSame({"run.latency.cycles_p90"}, got.cycles_p90(),
                            wanted.cycles_p90()));
  RETURN_IF_ERROR(CheckSame({"run.latency.cycles_max"}, got.cycles_max(),
                            wanted.cycles_max()));
  RETURN_IF_ERROR(CheckClose({"run.latency.cycles_mean"}, got.cycles_mean(),
                             wanted.cycles_mean()));
  RETURN_IF_ERROR(
      CheckClose({"run.latency.us_min"}, got.us_min(), wanted.us_min()));
  RETURN_IF_ERROR(
      CheckClose({"run.latency.us_p50"}, got.us_p50(), wanted.us_p50()));
  RETURN_IF_ERROR(
      CheckClose({"run.latency.us_p90"}, got.us_p90(), wanted.us_p90()));
  return CheckClose({"run.latency.us_max"}, got.us_max(), wanted.us_max());
}

absl::Status CheckSizes(const v1::Run& run) {
  const v1::MemoryUsage& memory = run.memory();
  const v1::FlashUsage& flash = run.flash();
  for (const auto& [name, bytes] :
       {std::pair{"run.memory.arena_bytes", memory.arena_bytes()},
        {"run.memory.static_bytes", memory.static_bytes()},
        {"run.memory.stack_bytes", memory.stack_bytes()},
        {"run.memory.stack_reserved_bytes", memory.stack_reserved_bytes()},
        {"run.flash.weights_bytes", flash.weights_bytes()},
        {"run.flash.tables_bytes", flash.tables_bytes()},
        {"run.flash.model_code_bytes", flash.model_code_bytes()},
        {"run.flash.kernels_bytes", flash.kernels_bytes()},
        {"run.flash.firmware_bytes", flash.firmware_bytes()},
        {"run.instructions", run.instructions()},
        {"run.macs", run.macs()},
        {"run.layer_overhead_cycles", run.layer_overhead_cycles()}}) {
    RETURN_IF_ERROR(CheckRange({name}, bytes, 0, kMaxCount));
  }
  RETURN_IF_ERROR(CheckSame(
      {"run.memory.total_bytes"}, memory.total_bytes(),
      memory.arena_bytes() + memory.static_bytes() + memory.stack_bytes()));
  return CheckRange({"run.flash.total_bytes"}, flash.total_bytes(),
                    flash.weights_bytes() + flash.tables_bytes() +
                        flash.model_code_bytes() + flash.kernels_bytes() +
                        flash.firmware_bytes(),
                    kMaxCount);
}

absl::Status CheckShape(const FieldPath& path,
                        const google::protobuf::RepeatedField<int32_t>& shape) {
  if (shape.size() > kMaxDimensions) {
    return Wrong(path, absl::StrCat(shape.size(), " dimensions"),
                 absl::StrCat("at most ", kMaxDimensions));
  }
  for (const int32_t size : shape) {
    RETURN_IF_ERROR(CheckRange(path, size, 0, INT32_MAX));
  }
  return absl::OkStatus();
}

absl::Status CheckLayers(const v1::Run& run) {
  RETURN_IF_ERROR(
      CheckRange({"run.layers length"}, run.layers_size(), 0, kMaxLayers));
  double sum = 0;
  for (const v1::LayerResult& layer : run.layers()) {
    sum += static_cast<double>(layer.cycles());
  }
  for (int i = 0; i < run.layers_size(); ++i) {
    const v1::LayerResult& layer = run.layers(i);
    const v1::LayerInfo& info = layer.info();
    const auto at = [i](std::string_view field) {
      return FieldPath{"run.layers", i, field};
    };
    RETURN_IF_ERROR(CheckSame(at("info.index"), info.index(), i));
    RETURN_IF_ERROR(CheckText(at("info.op"), info.op(), kMaxName));
    RETURN_IF_ERROR(CheckText(at("info.name"), info.name(), kMaxTensorName));
    RETURN_IF_ERROR(CheckShape(at("info.input_shape"), info.input_shape()));
    RETURN_IF_ERROR(CheckShape(at("info.output_shape"), info.output_shape()));
    RETURN_IF_ERROR(CheckRange(at("info.macs"), info.macs(), 0, kMaxCount));
    RETURN_IF_ERROR(CheckRange(at("info.weights_bytes"), info.weights_bytes(),
                               0, kMaxCount));
    RETURN_IF_ERROR(CheckRange(at("cycles"), layer.cycles(), 0, kMaxCount));
    RETURN_IF_ERROR(
        CheckClose(at("share"), layer.share(),
                   sum > 0 ? static_cast<double>(layer.cycles()) / sum : 0.0));
  }
  return absl::OkStatus();
}

absl::Status CheckPlan(const v1::Run& run) {
  RETURN_IF_ERROR(
      CheckRange({"run.plan length"}, run.plan_size(), 0, kMaxEntries));
  for (int i = 0; i < run.plan_size(); ++i) {
    const v1::PlanEntry& entry = run.plan(i);
    const auto at = [i](std::string_view field) {
      return FieldPath{"run.plan", i, field};
    };
    RETURN_IF_ERROR(CheckText(at("tensor"), entry.tensor(), kMaxTensorName));
    RETURN_IF_ERROR(
        CheckRange(at("offset_bytes"), entry.offset_bytes(), 0, kMaxCount));
    RETURN_IF_ERROR(
        CheckRange(at("size_bytes"), entry.size_bytes(), 0, kMaxCount));
    RETURN_IF_ERROR(
        CheckRange(at("first_layer"), entry.first_layer(), -1, INT32_MAX));
    RETURN_IF_ERROR(CheckRange(at("last_layer"), entry.last_layer(),
                               entry.first_layer(), INT32_MAX));
  }
  return absl::OkStatus();
}

absl::Status CheckTensors(
    const FieldPath& list,
    const google::protobuf::RepeatedPtrField<v1::TensorInfo>& tensors) {
  RETURN_IF_ERROR(CheckRange(list, tensors.size(), 0, kMaxTensors));
  for (int i = 0; i < tensors.size(); ++i) {
    const v1::TensorInfo& tensor = tensors[i];
    const auto at = [&](std::string_view field) {
      return FieldPath{list.list, i, field};
    };
    RETURN_IF_ERROR(CheckText(at("name"), tensor.name(), kMaxTensorName));
    RETURN_IF_ERROR(CheckText(at("type"), tensor.type(), kMaxName));
    RETURN_IF_ERROR(CheckShape(at("shape"), tensor.shape()));
    RETURN_IF_ERROR(
        CheckRange(at("size_bytes"), tensor.size_bytes(), 0, INT32_MAX));
    RETURN_IF_ERROR(
        CheckAmount(at("scale"), static_cast<double>(tensor.scale())));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckRecord(const v1::RunRecord& record, int64_t now_us) {
  const v1::Run& run = record.run();
  if (!record.has_job() || !record.has_run()) {
    return Wrong({record.has_job() ? "run" : "job"}, "missing",
                 "the whole record");
  }
  RETURN_IF_ERROR(CheckSource(record));
  RETURN_IF_ERROR(CheckNames(run, now_us));
  RETURN_IF_ERROR(CheckEnvironment(run));
  RETURN_IF_ERROR(CheckLatency(run));
  RETURN_IF_ERROR(CheckSizes(run));
  RETURN_IF_ERROR(CheckLayers(run));
  RETURN_IF_ERROR(CheckPlan(run));
  RETURN_IF_ERROR(CheckTensors({"run.inputs"}, run.inputs()));
  RETURN_IF_ERROR(CheckTensors({"run.outputs"}, run.outputs()));
  RETURN_IF_ERROR(CheckJob(record, now_us));
  RETURN_IF_ERROR(CheckLog(record, now_us));
  return CheckPredictions(record);
}

std::string ImportRequestId(const v1::RunRecord& record) {
  return absl::StrCat("import:", record.source_server_id(), ":",
                      record.source_run_id());
}

}  // namespace tinyrig::server
