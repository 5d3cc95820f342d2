#include "server/lab/run_builder.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_format.h"

#include "proto/file/artifact.h"
#include "server/stats/latency.h"
#include "server/stats/top1.h"

namespace tinyrig::server {
namespace {

constexpr char kVirtualPrefix[] = "56495254";      // hex of "VIRT"
constexpr int64_t kCcrDataCache = 1 << 16;         // SCB->CCR.DC
constexpr int64_t kCcrInstructionCache = 1 << 17;  // SCB->CCR.IC

absl::Status Mismatch(std::string_view what, std::string_view got,
                      std::string_view wanted) {
  return absl::InvalidArgumentError(
      absl::StrCat("result: ", std::string(what), " ", std::string(got), ", ",
                   std::string(wanted), " wanted"));
}

absl::Status CheckResult(const v1::DeviceResult& result,
                         const v1::CompiledModel& model, int32_t runs,
                         const std::string& lease_uid) {
  if (!lease_uid.empty() && result.board_uid() != lease_uid) {
    return Mismatch("board uid", result.board_uid(), lease_uid);
  }
  if (result.image_hash() != model.image_hash()) {
    return Mismatch("image hash", result.image_hash(), model.image_hash());
  }
  if (result.cycles_size() != runs) {
    return Mismatch("latency samples", absl::StrCat(result.cycles_size()),
                    absl::StrCat(runs));
  }
  if (result.layer_cycles_size() != model.layers_size()) {
    return Mismatch("layers", absl::StrCat(result.layer_cycles_size()),
                    absl::StrCat(model.layers_size()));
  }
  for (const auto* list : {&result.cycles(), &result.layer_cycles()}) {
    if (std::any_of(list->begin(), list->end(),
                    [](int64_t count) { return count < 0; })) {
      return Mismatch("cycles", "negative", "0 or more");
    }
  }
  return result.clock_hz() > 0
             ? absl::OkStatus()
             : Mismatch("clock_hz", absl::StrCat(result.clock_hz()), "> 0");
}

void FillEnvironment(const v1::DeviceResult& result,
                     const v1::CompiledModel& model, v1::Run& run,
                     const std::string& server_version) {
  v1::Environment& environment = *run.mutable_environment();
  environment.set_board_id(model.board_id());
  environment.set_board_uid(result.board_uid());
  environment.set_clock_hz(result.clock_hz());
  environment.set_icache_enabled((result.ccr() & kCcrInstructionCache) != 0);
  environment.set_dcache_enabled((result.ccr() & kCcrDataCache) != 0);
  environment.set_flash_wait_states(
      static_cast<int32_t>(result.flash_acr() & 0xF));
  environment.set_flash_acr(
      absl::StrFormat("0x%08x", static_cast<uint32_t>(result.flash_acr())));
  environment.set_idcode(
      absl::StrFormat("0x%08x", static_cast<uint32_t>(result.idcode())));
  environment.set_compiler(model.compiler());
  environment.set_compiler_flags(model.compiler_flags());
  environment.set_engine_version(model.engine_version());
  environment.set_firmware_version(result.firmware_version());
  if (run.origin() == v1::EMULATED) {
    environment.set_timing_model(result.timing_model());
  }
  environment.set_agent_version(result.agent_version());
  environment.set_server_version(server_version);
}

void FillMemory(const v1::DeviceResult& result, const v1::CompiledModel& model,
                v1::Run& run) {
  v1::MemoryUsage& memory = *run.mutable_memory();
  memory = model.memory();
  if (result.arena_bytes() > 0) {
    memory.set_arena_bytes(result.arena_bytes());
  }
  if (result.static_bytes() > 0) {
    memory.set_static_bytes(result.static_bytes());
  }
  memory.set_stack_bytes(result.stack_peak_bytes());
  if (result.stack_reserved_bytes() > 0) {
    memory.set_stack_reserved_bytes(result.stack_reserved_bytes());
  }
  memory.set_total_bytes(memory.arena_bytes() + memory.static_bytes() +
                         memory.stack_bytes());
}

void FillModel(const v1::CompiledModel& model, v1::Run& run) {
  run.set_model_sha256(model.model_sha256());
  run.set_board_id(model.board_id());
  *run.mutable_flash() = model.flash();
  *run.mutable_plan() = model.plan();
  *run.mutable_inputs() = model.inputs();
  *run.mutable_outputs() = model.outputs();
  run.set_macs(model.macs());
  run.set_image_hash(model.image_hash());
  run.set_engine_version(model.engine_version());
}

void FillLayers(const v1::DeviceResult& result, const v1::CompiledModel& model,
                v1::Run& run) {
  for (int i = 0; i < model.layers_size(); ++i) {
    v1::LayerResult* layer = run.add_layers();
    *layer->mutable_info() = model.layers(i);
    layer->set_cycles(result.layer_cycles(i));
  }
}

absl::Status FillAccuracy(Lab& lab, const JobRecord& record,
                          const v1::CompiledModel& model, v1::Run& run) {
  if (record.dataset_sha256.empty()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const v1::Dataset dataset,
                   lab.store.FindDataset(record.job.spec().dataset()));
  run.set_dataset_name(dataset.name());
  run.set_dataset_sha256(dataset.sha256());
  ASSIGN_OR_RETURN(const auto tallies, lab.store.Tallies(record.id));
  std::vector<ClassCountEntry> counts;
  for (const RunStore::Tally& tally : tallies) {
    counts.push_back({tally.label, tally.predicted, tally.count});
  }
  *run.mutable_accuracy() =
      Score(counts, static_cast<int32_t>(file::ClassCount(model)));
  return absl::OkStatus();
}

void FillTimes(const JobRecord& record, const v1::DeviceResult& result,
               int64_t lease_start_us, int64_t now_us, v1::Run& run) {
  const auto seconds = [](int64_t us) {
    return static_cast<double>(std::max<int64_t>(us, 0)) / 1e6;
  };
  const int64_t lease_us = now_us - lease_start_us;
  run.set_queue_s(
      seconds(now_us - record.create_us - record.used_us - lease_us));
  run.set_compile_s(seconds(record.compile_end_us - record.compile_start_us));
  run.set_flash_s(result.flash_s());
  run.set_board_s(result.board_s());
}

}  // namespace

absl::StatusOr<v1::Origin> OriginOf(const std::string& board_uid) {
  if (board_uid.size() != 24 ||
      board_uid.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return Mismatch("board uid", board_uid.substr(0, 80),
                    "24 lower-case hex digits");
  }
  return board_uid.starts_with(kVirtualPrefix) ? v1::EMULATED : v1::MEASURED;
}

absl::StatusOr<v1::Run> BuildRun(Lab& lab, const LiveLease& lease,
                                 const v1::DeviceResult& result) {
  ASSIGN_OR_RETURN(const JobRecord record, lab.store.GetJob(lease.job_id));
  ASSIGN_OR_RETURN(const auto stored,
                   lab.store.FindLease(lease.job_id, lease.fence));
  ASSIGN_OR_RETURN(const auto model, lab.models.Get(lease.artifact_sha256));
  const v1::JobSpec& spec = record.job.spec();
  RETURN_IF_ERROR(CheckResult(result, *model, spec.runs(),
                              stored ? stored->board_uid : ""));
  v1::Run run;
  ASSIGN_OR_RETURN(const v1::Origin origin, OriginOf(result.board_uid()));
  run.set_origin(origin);
  const int64_t now_us = lab.clock.UnixMicros();
  FillModel(*model, run);
  FillEnvironment(result, *model, run, lab.options.server_version);
  FillMemory(result, *model, run);
  FillLayers(result, *model, run);
  RETURN_IF_ERROR(FillAccuracy(lab, record, *model, run));
  FillTimes(record, result, stored ? stored->start_us : now_us, now_us, run);
  const std::vector<int64_t> cycles(result.cycles().begin(),
                                    result.cycles().end());
  *run.mutable_latency() =
      Summarise(cycles, result.clock_hz(), result.run_overhead_cycles());
  run.set_job_id(record.job.id());
  run.set_model_name(spec.model_name());
  run.set_board_name(lease.board_name);
  run.set_submitter(spec.submitter());
  run.set_instructions(result.instructions());
  run.set_layer_overhead_cycles(result.layer_overhead_cycles());
  run.set_artifact_sha256(lease.artifact_sha256);
  run.mutable_create_time()->set_seconds(now_us / 1'000'000);
  run.mutable_create_time()->set_nanos(
      static_cast<int32_t>(now_us % 1'000'000) * 1000);
  return run;
}

}  // namespace tinyrig::server
