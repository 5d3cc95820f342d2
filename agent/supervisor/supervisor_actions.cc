// What a supervisor does for each action that its state machine decides.
#include <algorithm>
#include <chrono>
#include <utility>

#include "agent/supervisor/supervisor.h"
#include "base/log.h"

namespace tinyrig::agent {
namespace {

using std::chrono::milliseconds;

constexpr int64_t kConnectPauseMs = 50;
constexpr int64_t kProbeMs = 600;
constexpr milliseconds kIdlePoll(500);
constexpr int64_t kFaultyFirstMs = 1000;
constexpr int64_t kFaultyMaxMs = 30'000;
constexpr int64_t kBootAfterFaultMs = 500;
constexpr int64_t kHelloAfterFaultMs = 3000;

}  // namespace

Event Supervisor::Perform(Action action, const Decision& decision) {
  switch (action) {
    case Action::kConnect:
      return Connect();
    case Action::kHello:
      return Hello();
    case Action::kIdentify:
      return Identify();
    case Action::kWait:
      return Wait();
    case Action::kWaitFaulty:
      return WaitFaulty();
    case Action::kFetch:
      return Fetch();
    case Action::kCheckImage:
      return CheckImage();
    case Action::kFlash:
      return Flash();
    case Action::kRunStage:
      return RunStage();
    case Action::kCollectFault:
      return CollectFault();
    case Action::kReset:
      return EventOf(io_.ResetBoard());
    case Action::kReportOk:
      return ReportOk();
    case Action::kReportFailure:
      return ReportFailure(decision);
    case Action::kExit:
      break;
  }
  return Event::kStop;
}

Event Supervisor::Connect() {
  if (job_ && io_.session() != nullptr) {
    job_->AddLineRetries(io_.session()->channel().line_retry_count());
  }
  const int64_t end_us =
      clock_->MonotonicMicros() + options_.connect_timeout_ms * 1000;
  while (true) {
    const auto opened = io_.Open();
    if (opened.ok()) {
      timing_model_.clear();
      return Event::kDone;
    }
    last_error_ = opened;
    if (interrupt_ || clock_->MonotonicMicros() >= end_us) {
      return Event::kSilent;
    }
    std::unique_lock<std::mutex> lock(mutex_);
    wake_.wait_for(lock, milliseconds(kConnectPauseMs),
                   [this] { return stop_ || revoked_; });
  }
}

Event Supervisor::Hello() {
  const auto hello = io_.session()->Hello(kProbeMs);
  if (hello.ok()) {
    const std::lock_guard<std::mutex> lock(mutex_);
    description_.set_uid(hello->uid);
  }
  return EventOf(hello.status());
}

Event Supervisor::Identify() {
  std::string uid;
  const auto answered = io_.WithFlasher(
      [&](Flasher* flasher) -> absl::Status {
        ASSIGN_OR_RETURN(uid, flasher->Identify());
        return absl::OkStatus();
      },
      false);
  if (answered.ok() && !uid.empty()) {
    const std::lock_guard<std::mutex> lock(mutex_);
    description_.set_uid(uid);
  }
  return EventOf(answered);
}

Event Supervisor::Wait() {
  faulty_wait_ms_ = 0;
  Publish(v1::Board::IDLE);
  while (true) {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait_for(lock, kIdlePoll, [this] { return stop_ || pending_; });
      if (stop_) {
        return Event::kStop;
      }
      if (pending_) {
        v1::HeldLease held;
        held.set_job_id(pending_->job_id());
        held.set_fence(pending_->fence());
        current_ = held;
        revoked_ = false;
        job_ = std::make_unique<JobRun>(*std::exchange(pending_, {}),
                                        options_.board, sink_, clock_,
                                        &interrupt_);
        state_.has_dataset = job_->has_dataset();
        break;
      }
    }
    if (const auto line = io_.session()->channel().Poll(); !line.ok()) {
      return EventOf(line);
    }
  }
  last_error_ = absl::OkStatus();
  Publish(v1::Board::BUSY);
  return Event::kLease;
}

Event Supervisor::WaitFaulty() {
  faulty_wait_ms_ =
      std::clamp(faulty_wait_ms_ * 2, kFaultyFirstMs, kFaultyMaxMs);
  LOG_WARNING("agent", "board {} is faulty, next look in {} ms: {}",
              options_.name, faulty_wait_ms_,
              std::string(last_error_.message()));
  io_.Close();
  Publish(v1::Board::FAULTY);
  std::unique_lock<std::mutex> lock(mutex_);
  if (pending_) {  // came in just before
    v1::JobFinished finished;
    finished.set_job_id(pending_->job_id());
    finished.set_fence(pending_->fence());
    finished.set_retryable(true);
    finished.mutable_failure()->set_failure_class(v1::BOARD);
    finished.mutable_failure()->set_code("UNAVAILABLE");
    finished.mutable_failure()->set_message(
        absl::StrCat("board is faulty: ", std::string(last_error_.message())));
    pending_.reset();
    sink_->Finished(std::move(finished));
  }
  wake_.wait_for(lock, milliseconds(faulty_wait_ms_), [this] { return stop_; });
  return Event::kTimer;
}

Event Supervisor::Fetch() {
  const auto fetched = job_->Fetch(cache_);
  if (absl::IsUnavailable(fetched)) {
    last_error_ = fetched;
    return Event::kLabTrouble;
  }
  return EventOf(fetched);
}

Event Supervisor::CheckImage() {
  const auto same = job_->CheckImage(io_.session());
  if (!same.ok()) {
    return EventOf(same.status());
  }
  if (*same && timing_model_.empty()) {
    const auto name = io_.lines()->TimingModel();
    timing_model_ = name.ok() ? *name : "";
  }
  return *same ? Event::kDone : Event::kImageDiffers;
}

Event Supervisor::Flash() {
  FlashReport report;
  const auto flashed = io_.WithFlasher(
      [&](Flasher* flasher) { return job_->Flash(flasher, &report); }, true);
  if (report.erased_sectors > 0) {
    if (const auto kept = erase_log_.Add(report.erased_sectors); !kept.ok()) {
      LOG_WARNING("agent", "erase count of {} not kept: {}", options_.name,
                  std::string(kept.message()));
    }
  }
  if (!flashed.ok()) {
    job_->Log(absl::StrCat("flashing: ", std::string(flashed.message())));
  }
  return EventOf(flashed);
}

Event Supervisor::RunStage() {
  DeviceSession* session = io_.session();
  switch (state_.stage) {
    case Stage::kLatency:
      return EventOf(job_->Latency(session));
    case Stage::kProfile:
      return EventOf(job_->Profile(session));
    case Stage::kMemory:
      return EventOf(job_->Memory(session));
    case Stage::kDataset:
      return EventOf(job_->Dataset(session));
    case Stage::kDone:
      break;
  }
  return Event::kDone;
}

Event Supervisor::CollectFault() {
  DeviceSession* session = io_.session();
  DeviceChannel& channel = session->channel();
  const auto booted = channel.AwaitBoot(kBootAfterFaultMs);
  if (!booted.ok()) {
    return EventOf(booted.status());
  }
  job_->Log(absl::StrCat(
      "went on after: ", std::string(last_error_.message()),
      channel.boot() ? ", reset by " : "",
      channel.boot() ? ResetCauseText(channel.boot()->reset_cause) : ""));
  if (channel.fault()) {
    job_->NoteFault(*channel.fault());
  }
  const bool known = channel.fault().has_value();
  if (const auto clean = session->Restart(); !clean.ok()) {
    return EventOf(clean);
  }
  const auto hello = session->Hello(kHelloAfterFaultMs);
  if (!hello.ok() || hello->raw.fault_pending == 0) {
    return EventOf(hello.status());
  }
  const auto fault = session->GetFault(true);
  if (fault.ok() && !known && fault->kind != 0) {
    job_->NoteFault(*fault);
  }
  return EventOf(fault.status());
}

Event Supervisor::ReportOk() {
  job_->FinishOk(timing_model_);
  DropJob();
  return Event::kDone;
}

Event Supervisor::ReportFailure(const Decision& decision) {
  LOG_WARNING("agent", "job {} on {} failed: {}", job_->lease().job_id(),
              options_.name, last_error_.ToString());
  job_->FinishFailed(last_error_, decision.failure_class, decision.retryable);
  DropJob();
  return Event::kDone;
}

void Supervisor::DropJob() {
  job_.reset();
  const std::lock_guard<std::mutex> lock(mutex_);
  current_.reset();
  revoked_ = false;
  if (!stop_) {
    interrupt_ = false;
    io_.ClearInterrupt();
  }
}

}  // namespace tinyrig::agent
