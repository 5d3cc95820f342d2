// The stages of a job that measure: latency, profile, memory, dataset.
#include <algorithm>
#include <utility>

#include "agent/job/job_run.h"

namespace tinyrig::agent {
namespace {

constexpr int64_t kBatchEveryUs = 500'000;
constexpr int kBatchSamples = 64;
constexpr size_t kBatchBytes = 256 * 1024;
constexpr int kDefaultRuns = 10;
constexpr int kMaxRuns = 1000;
constexpr int kDefaultWarmups = 3;
constexpr int kMaxWarmups = 64;

}  // namespace

absl::StatusOr<wire::RunReply> JobRun::TimedRun(DeviceSession* session,
                                                uint16_t warmups, uint16_t runs,
                                                bool profile) {
  if (expired()) {
    return absl::DeadlineExceededError("the job's time is over");
  }
  const int count = warmups + runs;
  const int64_t start_us = clock_->MonotonicMicros();
  ASSIGN_OR_RETURN(const auto reply,
                   session->Run(warmups, runs, profile,
                                static_cast<int64_t>(inference_ms_ * count),
                                RunLimitMs(count)));
  const double took_ms =
      static_cast<double>(clock_->MonotonicMicros() - start_us) / 1000.0;
  inference_ms_ = std::max(0.001, took_ms / count);
  session_line_retries_ = session->channel().line_retry_count();
  return reply;
}

absl::Status JobRun::TakeSamples(DeviceSession* session, int count) {
  ASSIGN_OR_RETURN(const auto samples,
                   session->GetSamples(static_cast<uint16_t>(count)));
  for (const auto& sample : samples) {
    result_.add_cycles(sample.cycles);
  }
  result_.set_instructions(
      static_cast<int64_t>(samples.back().instructions_low) |
      static_cast<int64_t>(samples.back().instructions_high) << 32);
  return absl::OkStatus();
}

absl::Status JobRun::LatencyPreserved(DeviceSession* session, int warmups,
                                      int runs) {
  RETURN_IF_ERROR(session->SetInput(input_));
  if (warmups > 0) {
    // Alone, so that the host learns how long one takes.
    RETURN_IF_ERROR(TimedRun(session, 0, 1, false).status());
    --warmups;
  }
  for (int done = 0; done < runs;) {
    // The size of a part never depends on time: the same job always asks the
    // board the same, so the cycles are the same.
    const int part = std::min<int>(runs - done, wire::kMaxRuns);
    RETURN_IF_ERROR(TimedRun(session, static_cast<uint16_t>(warmups),
                             static_cast<uint16_t>(part), false)
                        .status());
    RETURN_IF_ERROR(TakeSamples(session, part));
    warmups = std::min(warmups, 1);
    done += part;
    Report(v1::Job::RUNNING, "latency", done, runs, EtaS(runs - done));
  }
  return absl::OkStatus();
}

absl::Status JobRun::LatencyOneByOne(DeviceSession* session, int warmups,
                                     int runs) {
  for (int i = 0; i < warmups + runs; ++i) {
    RETURN_IF_ERROR(session->SetInput(input_));
    RETURN_IF_ERROR(TimedRun(session, 0, 1, false).status());
    if (i >= warmups) {
      RETURN_IF_ERROR(TakeSamples(session, 1));
      const int done = i + 1 - warmups;
      Report(v1::Job::RUNNING, "latency", done, runs, EtaS(runs - done));
    }
  }
  return absl::OkStatus();
}

absl::Status JobRun::Latency(DeviceSession* session) {
  stage_ = "running";
  const auto& spec = lease_.spec();
  const int runs =
      std::clamp(spec.runs() > 0 ? spec.runs() : kDefaultRuns, 1, kMaxRuns);
  const int warmups = std::clamp(
      spec.has_warmups() ? spec.warmups() : kDefaultWarmups, 0, kMaxWarmups);
  result_.clear_cycles();
  Report(v1::Job::RUNNING, "latency", 0, runs, -1);
  return hello_.input_preserved() ? LatencyPreserved(session, warmups, runs)
                                  : LatencyOneByOne(session, warmups, runs);
}

absl::Status JobRun::Profile(DeviceSession* session) {
  RETURN_IF_ERROR(session->SetInput(input_));
  const auto warmups = static_cast<uint16_t>(hello_.input_preserved() ? 1 : 0);
  RETURN_IF_ERROR(TimedRun(session, warmups, 1, true).status());
  ASSIGN_OR_RETURN(const auto cycles,
                   session->GetLayers(hello_.raw.layer_count));
  result_.clear_layer_cycles();
  for (const uint32_t layer : cycles) {
    result_.add_layer_cycles(layer);
  }
  Report(v1::Job::RUNNING, "profile", 1, 1, EtaS(0));
  return absl::OkStatus();
}

absl::Status JobRun::Memory(DeviceSession* session) {
  ASSIGN_OR_RETURN(const auto memory, session->GetMemory());
  result_.set_stack_peak_bytes(memory.stack_peak_bytes);
  result_.set_stack_reserved_bytes(memory.stack_bytes);
  result_.set_static_bytes(memory.static_bytes);
  result_.set_arena_bytes(memory.arena_bytes);
  session_line_retries_ = session->channel().line_retry_count();
  return absl::OkStatus();
}

absl::StatusOr<v1::Prediction> JobRun::Predict(DeviceSession* session,
                                               int64_t index) {
  RETURN_IF_ERROR(session->SetInput(Sample(index)));
  ASSIGN_OR_RETURN(const auto run, TimedRun(session, 0, 1, false));
  ASSIGN_OR_RETURN(
      const auto output,
      session->GetOutput(hello_.raw.output_bytes, run.output_crc32));
  ASSIGN_OR_RETURN(const auto samples, session->GetSamples(1));
  v1::Prediction prediction;
  prediction.set_sample_index(index);
  prediction.set_output(std::string(output.begin(), output.end()));
  prediction.set_cycles(samples[0].cycles);
  return prediction;
}

void JobRun::SendBatch() {
  if (batch_.predictions_size() == 0) {
    return;
  }
  batch_.set_job_id(lease_.job_id());
  batch_.set_fence(lease_.fence());
  sink_->Predictions(std::move(batch_));
  batch_.Clear();
  batch_bytes_ = 0;
}

absl::Status JobRun::AwaitRoom() {
  while (!sink_->WaitForRoom(100)) {
    if (cancelled_->load()) {
      return absl::CancelledError("interrupted");
    }
    if (expired()) {
      return absl::DeadlineExceededError(
          "the job's time is over while the server is away");
    }
  }
  return absl::OkStatus();
}

absl::Status JobRun::Dataset(DeviceSession* session) {
  const auto total = static_cast<int64_t>(data_.labels_size());
  const int64_t first = next_sample_;
  const int64_t start_us = clock_->MonotonicMicros();
  batch_start_us_ = start_us;
  while (next_sample_ < total) {
    ASSIGN_OR_RETURN(auto prediction, Predict(session, next_sample_));
    batch_bytes_ += prediction.output().size() + 32;
    *batch_.add_predictions() = std::move(prediction);
    ++next_sample_;
    const int64_t now_us = clock_->MonotonicMicros();
    sample_ms_ = static_cast<double>(now_us - start_us) / 1000.0 /
                 static_cast<double>(next_sample_ - first);
    if (batch_.predictions_size() >= kBatchSamples ||
        batch_bytes_ >= kBatchBytes ||
        now_us - batch_start_us_ >= kBatchEveryUs || next_sample_ == total) {
      SendBatch();
      batch_start_us_ = now_us;
      RETURN_IF_ERROR(AwaitRoom());
    }
    Report(v1::Job::RUNNING, "dataset", next_sample_, total, EtaS(0));
  }
  return absl::OkStatus();
}

}  // namespace tinyrig::agent
