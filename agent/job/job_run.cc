#include "agent/job/job_run.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"

#include "agent/job/artifact.h"
#include "proto/file/artifact.h"

namespace tinyrig::agent {
namespace {

constexpr int64_t kReportEveryUs = 200'000;
constexpr int kDefaultTimeoutS = 3600;
constexpr int64_t kFetchPauseMs = 200;
constexpr int kHelloTries = 3;

std::span<const uint8_t> BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

JobRun::JobRun(v1::Lease lease, const boards::Board* board, JobSink* sink,
               const base::Clock* clock, const std::atomic<bool>* cancelled)
    : lease_(std::move(lease)),
      board_(board),
      sink_(sink),
      clock_(clock),
      cancelled_(cancelled),
      next_sample_(lease_.next_sample_index()) {
  const int64_t seconds =
      lease_.timeout_s() > 0 ? lease_.timeout_s() : kDefaultTimeoutS;
  deadline_us_ = clock_->MonotonicMicros() + seconds * 1'000'000;
}

bool JobRun::expired() const {
  return LeftMs() <= 0;
}

int64_t JobRun::LeftMs() const {
  return (deadline_us_ - clock_->MonotonicMicros()) / 1000;
}

int64_t JobRun::RunLimitMs(int64_t count) const {
  // The chip's watchdog ends a hang; a virtual board's time may pass slower.
  const int64_t watchdog_ms = 2 * static_cast<int64_t>(board_->watchdog_ms);
  // Before the first run: 60 cycles a MAC are slow code, 5 is for emulation.
  const auto guess_ms = static_cast<int64_t>(
      5000.0 * 60.0 * static_cast<double>(model_.macs()) / board_->clock_hz);
  const int64_t one_ms = inference_ms_ > 0
                             ? static_cast<int64_t>(inference_ms_ * 8)
                             : std::min(watchdog_ms, guess_ms + 1000);
  return std::min(LeftMs(), 3000 + count * one_ms);
}

std::span<const uint8_t> JobRun::Sample(int64_t index) const {
  const auto bytes = static_cast<size_t>(data_.sample_bytes());
  return BytesOf(data_.inputs())
      .subspan(static_cast<size_t>(index) * bytes, bytes);
}

void JobRun::Log(const std::string& line) {
  log_.push_back(line);
}

void JobRun::NoteFault(const wire::FaultRecord& fault) {
  const int layer = fault.layer;
  const std::string name =
      layer < model_.layers_size() ? model_.layers(layer).op() : "";
  device_fault_ = FaultText(fault, name);
  Log("device fault: " + device_fault_);
}

void JobRun::Report(v1::Job::State state, const std::string& step, int64_t done,
                    int64_t total, double eta_s) {
  const int64_t now_us = clock_->MonotonicMicros();
  if (step == last_step_ && done < total &&
      now_us - last_report_us_ < kReportEveryUs) {
    return;
  }
  last_step_ = step;
  last_report_us_ = now_us;
  v1::JobUpdate update;
  update.set_job_id(lease_.job_id());
  update.set_fence(lease_.fence());
  update.set_state(state);
  auto* progress = update.mutable_progress();
  progress->set_step(step);
  progress->set_done(done);
  progress->set_total(total);
  progress->set_eta_s(eta_s);
  for (auto& line : log_) {
    update.add_log(std::move(line));
  }
  log_.clear();
  sink_->Update(std::move(update));
}

double JobRun::EtaS(int64_t latency_left) const {
  const double samples_left =
      has_dataset() ? static_cast<double>(data_.labels_size() - next_sample_)
                    : 0;
  const double sample_ms = sample_ms_ > 0 ? sample_ms_ : inference_ms_ + 5;
  return (static_cast<double>(latency_left) * inference_ms_ +
          samples_left * sample_ms) /
         1000.0;
}

absl::Status JobRun::Fetch(BlobCache* cache) {
  stage_ = "flashing";
  const auto stop = [this] { return cancelled_->load() || expired(); };
  const auto get =
      [&](const std::string& sha256) -> absl::StatusOr<std::vector<uint8_t>> {
    while (true) {
      auto bytes = cache->Get(sha256, stop);
      if (bytes.ok() || !absl::IsUnavailable(bytes.status()) || stop()) {
        return bytes;
      }
      // The server is being restarted, or the network is away.
      std::this_thread::sleep_for(std::chrono::milliseconds(kFetchPauseMs));
    }
  };
  ASSIGN_OR_RETURN(const auto artifact, get(lease_.artifact_sha256()));
  ASSIGN_OR_RETURN(model_, ArtifactForBoard(artifact, *board_));
  ASSIGN_OR_RETURN(
      plan_, PlanFlash(BytesOf(model_.image()),
                       static_cast<uint32_t>(model_.flash_base()), *board_));
  input_ = PatternInput(model_);
  if (has_dataset()) {
    ASSIGN_OR_RETURN(const auto packed, get(lease_.dataset_sha256()));
    ASSIGN_OR_RETURN(data_, DatasetForModel(packed, model_));
    const auto first = Sample(0);
    input_.assign(first.begin(), first.end());
  }
  board_start_us_ = clock_->MonotonicMicros();
  return absl::OkStatus();
}

absl::StatusOr<bool> JobRun::CheckImage(DeviceSession* session) {
  absl::StatusOr<HelloInfo> hello = absl::UnknownError("not asked");
  for (int i = 0; i < kHelloTries; ++i) {
    // A boot event of a reset that we made may still come in.
    hello = session->Hello(flashed_ ? 3000 : 1000);
    if (!absl::IsAborted(hello.status())) {
      break;
    }
  }
  RETURN_IF_ERROR(hello.status());
  hello_ = *hello;
  if (hello_.image_hash != model_.image_hash()) {
    return false;
  }
  if (hello_.board_id != board_->id) {
    return absl::FailedPreconditionError(
        absl::StrCat("the board says it is a ", hello_.board_id,
                     ", configured is ", board_->id));
  }
  if (hello_.raw.input_bytes != file::InputBytes(model_) ||
      hello_.raw.output_bytes != file::OutputBytes(model_) ||
      hello_.raw.layer_count != model_.layers_size()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "artifact and image disagree: input %d/%d bytes, output %d/%d bytes, "
        "layers %d/%d",
        file::InputBytes(model_), hello_.raw.input_bytes,
        file::OutputBytes(model_), hello_.raw.output_bytes,
        model_.layers_size(), hello_.raw.layer_count));
  }
  if (!flashed_) {
    result_.set_flash_skipped(true);
    Report(v1::Job::FLASHING, "skip", 1, 1, -1);
  }
  return true;
}

absl::Status JobRun::Flash(Flasher* flasher, FlashReport* report) {
  stage_ = "flashing";
  const int64_t start_us = clock_->MonotonicMicros();
  const int64_t erased_before = report->erased_sectors;
  const auto flashed = flasher->Flash(
      plan_,
      [this](const std::string& step, int64_t done, int64_t total) {
        Report(v1::Job::FLASHING, step, done, total, -1);
      },
      report);
  const double took_s =
      static_cast<double>(clock_->MonotonicMicros() - start_us) / 1e6;
  result_.set_flash_s(result_.flash_s() + took_s);
  erased_sectors_ = report->erased_sectors - erased_before;
  RETURN_IF_ERROR(flashed);
  flashed_ = true;
  result_.set_flash_skipped(false);
  Log(absl::StrFormat("flashed %d bytes, erased %d sectors, %d retries, %.3f s",
                      plan_.write_bytes, erased_sectors_, report->retries,
                      took_s));
  return absl::OkStatus();
}

void JobRun::FinishOk(const std::string& timing_model) {
  const auto& raw = hello_.raw;
  result_.set_board_uid(hello_.uid);
  result_.set_image_hash(hello_.image_hash);
  result_.set_clock_hz(raw.core_clock_hz);
  result_.set_flash_acr(raw.flash_acr);
  result_.set_ccr(raw.ccr);
  result_.set_idcode(raw.idcode);
  result_.set_run_overhead_cycles(raw.run_overhead_cycles);
  result_.set_layer_overhead_cycles(raw.layer_overhead_cycles);
  result_.set_firmware_version(hello_.firmware_version);
  result_.set_timing_model(timing_model);
  result_.set_board_s(
      static_cast<double>(clock_->MonotonicMicros() - board_start_us_) / 1e6 -
      result_.flash_s());
  result_.set_line_retry_count(old_line_retries_ + session_line_retries_);
  result_.set_agent_version(TINYRIG_VERSION);
  if (result_.line_retry_count() > 0) {
    Log(absl::StrFormat("noisy line: %d frames sent again",
                        result_.line_retry_count()));
  }
  v1::JobFinished finished;
  finished.set_job_id(lease_.job_id());
  finished.set_fence(lease_.fence());
  *finished.mutable_result() = result_;
  for (auto& line : log_) {
    finished.add_log(std::move(line));
  }
  sink_->Finished(std::move(finished));
}

void JobRun::FinishFailed(const absl::Status& why,
                          v1::FailureClass failure_class, bool retryable) {
  SendBatch();  // what is measured already need not be measured again
  v1::JobFinished finished;
  finished.set_job_id(lease_.job_id());
  finished.set_fence(lease_.fence());
  finished.set_retryable(retryable);
  auto* failure = finished.mutable_failure();
  failure->set_failure_class(failure_class);
  failure->set_code(absl::StatusCodeToString(why.code()));
  failure->set_message(std::string(why.message()));
  failure->set_stage(stage_);
  failure->set_device_fault(device_fault_);
  for (auto& line : log_) {
    finished.add_log(std::move(line));
  }
  sink_->Finished(std::move(finished));
}

}  // namespace tinyrig::agent
