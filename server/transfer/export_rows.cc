#include "server/transfer/export_rows.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include <google/protobuf/util/time_util.h>

#include "server/request/resource_ids.h"
#include "tinyrig/v1/job.pb.h"
#include "tinyrig/v1/run.pb.h"

namespace tinyrig::server {
namespace {

using google::protobuf::util::TimeUtil;

constexpr std::array<std::string_view, 54> kRunColumns = {"run_id",
                                                          "job_id",
                                                          "create_time",
                                                          "origin",
                                                          "model_name",
                                                          "model_sha256",
                                                          "board_id",
                                                          "board_name",
                                                          "board_uid",
                                                          "dataset_name",
                                                          "dataset_sha256",
                                                          "submitter",
                                                          "sample_count",
                                                          "cycles_min",
                                                          "cycles_p50",
                                                          "cycles_p90",
                                                          "cycles_max",
                                                          "cycles_mean",
                                                          "clock_hz",
                                                          "us_min",
                                                          "us_p50",
                                                          "us_p90",
                                                          "us_max",
                                                          "overhead_cycles",
                                                          "instructions",
                                                          "macs",
                                                          "arena_bytes",
                                                          "static_bytes",
                                                          "stack_bytes",
                                                          "sram_bytes",
                                                          "flash_bytes",
                                                          "weights_bytes",
                                                          "correct",
                                                          "total",
                                                          "top1",
                                                          "queue_s",
                                                          "compile_s",
                                                          "flash_s",
                                                          "board_s",
                                                          "icache_enabled",
                                                          "dcache_enabled",
                                                          "flash_wait_states",
                                                          "compiler",
                                                          "compiler_flags",
                                                          "engine_version",
                                                          "firmware_version",
                                                          "timing_model",
                                                          "agent_version",
                                                          "server_version",
                                                          "idcode",
                                                          "artifact_sha256",
                                                          "image_hash",
                                                          "source_server_id",
                                                          "source_run_id"};

constexpr std::array<std::string_view, 28> kJobColumns = {"job_id",
                                                          "request_id",
                                                          "state",
                                                          "model_name",
                                                          "model_sha256",
                                                          "board_id",
                                                          "dataset",
                                                          "dataset_sha256",
                                                          "sample_count",
                                                          "runs",
                                                          "warmups",
                                                          "optimize",
                                                          "priority",
                                                          "timeout_s",
                                                          "submitter",
                                                          "create_time",
                                                          "compile_start_time",
                                                          "compile_end_time",
                                                          "lease_time",
                                                          "end_time",
                                                          "board_name",
                                                          "agent_id",
                                                          "attempt",
                                                          "compile_cached",
                                                          "failure_class",
                                                          "failure_message",
                                                          "run_id",
                                                          "artifact_sha256"};

constexpr std::array<std::string_view, 13> kLayerColumns = {
    "run_id", "model_name",    "board_id",
    "origin", "layer_index",   "op",
    "name",   "input_shape",   "output_shape",
    "macs",   "weights_bytes", "cycles",
    "us"};

constexpr std::array<std::string_view, 7> kSampleColumns = {
    "run_id",       "model_name", "board_id", "origin",
    "sample_index", "cycles",     "us"};

constexpr std::array<std::string_view, 12> kPredictionColumns = {
    "run_id",       "model_name",   "board_id",    "origin",
    "dataset_name", "sample_index", "sample_name", "label",
    "predicted",    "correct",      "cycles",      "us"};

void WriteMicros(int64_t cycles, int64_t clock_hz, RowWriter* writer) {
  if (clock_hz <= 0) {
    writer->Null();
  } else {
    writer->Real(static_cast<double>(cycles) * 1e6 /
                 static_cast<double>(clock_hz));
  }
}

void WriteWho(const v1::Run& run, RowWriter* writer) {
  writer->Text(v1::Origin_Name(run.origin()));
  writer->Text(run.model_name());
  writer->Text(run.model_sha256());
  writer->Text(run.board_id());
  writer->Text(run.board_name());
  writer->Text(run.environment().board_uid());
  writer->Text(run.dataset_name());
  writer->Text(run.dataset_sha256());
  writer->Text(run.submitter());
}

void WriteLatency(const v1::Run& run, RowWriter* writer) {
  const v1::Latency& latency = run.latency();
  const int64_t clock_hz = run.environment().clock_hz();
  writer->Int(latency.sample_count());
  writer->Int(latency.cycles_min());
  writer->Int(latency.cycles_p50());
  writer->Int(latency.cycles_p90());
  writer->Int(latency.cycles_max());
  writer->Real(latency.cycles_mean());
  writer->Int(clock_hz);
  WriteMicros(latency.cycles_min(), clock_hz, writer);
  WriteMicros(latency.cycles_p50(), clock_hz, writer);
  WriteMicros(latency.cycles_p90(), clock_hz, writer);
  WriteMicros(latency.cycles_max(), clock_hz, writer);
  writer->Int(latency.overhead_cycles());
  writer->Int(run.instructions());
  writer->Int(run.macs());
}

void WriteSizesAndAccuracy(const v1::Run& run, RowWriter* writer) {
  writer->Int(run.memory().arena_bytes());
  writer->Int(run.memory().static_bytes());
  writer->Int(run.memory().stack_bytes());
  writer->Int(run.memory().total_bytes());
  writer->Int(run.flash().total_bytes());
  writer->Int(run.flash().weights_bytes());
  if (run.accuracy().total() > 0) {
    writer->Int(run.accuracy().correct());
    writer->Int(run.accuracy().total());
    writer->Real(run.accuracy().top1());
  } else {
    writer->Null();
    writer->Null();
    writer->Null();
  }
}

void WriteEnvironment(const v1::Run& run, RowWriter* writer) {
  const v1::Environment& environment = run.environment();
  writer->Bool(environment.icache_enabled());
  writer->Bool(environment.dcache_enabled());
  writer->Int(environment.flash_wait_states());
  writer->Text(environment.compiler());
  writer->Text(environment.compiler_flags());
  writer->Text(run.engine_version());
  writer->Text(environment.firmware_version());
  writer->Text(environment.timing_model());
  writer->Text(environment.agent_version());
  writer->Text(environment.server_version());
  writer->Text(environment.idcode());
}

// "1x49x10x8"; a scalar has no dimensions.
std::string ShapeOf(const google::protobuf::RepeatedField<int32_t>& shape) {
  return absl::StrJoin(shape, "x");
}

void WriteHead(const RunHead& head, RowWriter* writer) {
  writer->Text(RunName(head.id));
  writer->Text(head.model_name);
  writer->Text(head.board_id);
  writer->Text(v1::Origin_Name(head.origin));
}

void WriteTime(const google::protobuf::Timestamp& time, RowWriter* writer) {
  writer->Time(TimeUtil::TimestampToMicroseconds(time));
}

}  // namespace

std::span<const std::string_view> ColumnsOf(TableKind table) {
  switch (table) {
    case v1::ExportTableRequest::RUNS:
      return kRunColumns;
    case v1::ExportTableRequest::LAYERS:
      return kLayerColumns;
    case v1::ExportTableRequest::SAMPLES:
      return kSampleColumns;
    case v1::ExportTableRequest::PREDICTIONS:
      return kPredictionColumns;
    case v1::ExportTableRequest::JOBS:
      return kJobColumns;
    default:
      return {};
  }
}

void WriteRun(const ExportedRun& row, RowWriter* writer) {
  const v1::Run& run = row.run;
  writer->Text(RunName(row.id));
  writer->Text(run.job_id());
  writer->Time(row.create_us);
  WriteWho(run, writer);
  WriteLatency(run, writer);
  WriteSizesAndAccuracy(run, writer);
  for (const double seconds :
       {run.queue_s(), run.compile_s(), run.flash_s(), run.board_s()}) {
    writer->Real(seconds);
  }
  WriteEnvironment(run, writer);
  for (const std::string* text :
       {&run.artifact_sha256(), &run.image_hash(), &run.source_server_id(),
        &run.source_run_id()}) {
    writer->Text(*text);
  }
  writer->EndRow();
}

void WriteJob(const JobRecord& record, RowWriter* writer) {
  const v1::Job& job = record.job;
  const v1::JobSpec& spec = job.spec();
  writer->Text(job.id());
  writer->Text(job.request_id());
  writer->Text(v1::Job::State_Name(job.state()));
  writer->Text(spec.model_name());
  writer->Text(spec.model_sha256());
  writer->Text(spec.board_id());
  writer->Text(spec.dataset());
  writer->Text(record.dataset_sha256);
  writer->Int(record.sample_count);
  writer->Int(spec.runs());
  writer->Int(spec.warmups());
  writer->Text(spec.options().optimize());
  writer->Int(spec.priority());
  writer->Int(spec.timeout_s());
  writer->Text(spec.submitter());
  writer->Time(record.create_us);
  writer->Time(record.compile_start_us);
  writer->Time(record.compile_end_us);
  WriteTime(job.lease_time(), writer);
  WriteTime(job.end_time(), writer);
  writer->Text(job.board_name());
  writer->Text(job.agent_id());
  writer->Int(record.fence);
  writer->Bool(job.compile_cached());
  if (job.failure().failure_class() == v1::FAILURE_CLASS_UNSPECIFIED) {
    writer->Null();
  } else {
    writer->Text(v1::FailureClass_Name(job.failure().failure_class()));
  }
  writer->Text(job.failure().message());
  if (job.run_id().empty()) {
    writer->Null();
  } else {
    writer->Text(job.run_id());
  }
  writer->Text(job.artifact_sha256());
  writer->EndRow();
}

void WriteLayer(const RunHead& head, int64_t index, const v1::LayerInfo& info,
                int64_t cycles, RowWriter* writer) {
  WriteHead(head, writer);
  writer->Int(index);
  writer->Text(info.op());
  writer->Text(info.name());
  writer->Text(ShapeOf(info.input_shape()));
  writer->Text(ShapeOf(info.output_shape()));
  writer->Int(info.macs());
  writer->Int(info.weights_bytes());
  writer->Int(cycles);
  WriteMicros(cycles, head.clock_hz, writer);
  writer->EndRow();
}

void WriteSample(const RunHead& head, int64_t index, int64_t cycles,
                 RowWriter* writer) {
  WriteHead(head, writer);
  writer->Int(index);
  writer->Int(cycles);
  WriteMicros(cycles, head.clock_hz, writer);
  writer->EndRow();
}

void WritePrediction(const RunHead& head, const v1::Prediction& row,
                     RowWriter* writer) {
  WriteHead(head, writer);
  writer->Text(head.dataset_name);
  writer->Int(row.sample_index());
  writer->Text(row.sample_name());
  writer->Int(row.label());
  writer->Int(row.predicted());
  writer->Bool(row.label() == row.predicted());
  writer->Int(row.cycles());
  WriteMicros(row.cycles(), head.clock_hz, writer);
  writer->EndRow();
}

}  // namespace tinyrig::server
