#include "agent/supervisor/supervisor.h"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

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

Supervisor::Supervisor(SupervisorOptions options, JobSink* sink,
                       BlobCache* cache, const base::Clock* clock)
    : options_(std::move(options)),
      sink_(sink),
      cache_(cache),
      clock_(clock),
      io_(options_.board, options_.find, clock),
      erase_log_(options_.state_folder / "erase_count") {
  description_.set_name(options_.name);
  description_.set_board_id(options_.board->id);
  description_.set_state(v1::Board::BUSY);  // until it has answered
  description_.set_erase_count(erase_log_.Count());
}

Supervisor::~Supervisor() {
  Stop();
}

void Supervisor::Start() {
  std::error_code ignored;
  std::filesystem::create_directories(options_.state_folder, ignored);
  thread_ = std::thread([this] { Loop(); });
}

void Supervisor::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
    interrupt_ = true;
  }
  io_.Interrupt();
  wake_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

bool Supervisor::Offer(const v1::Lease& lease) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto same = [&](const auto& held) {
    return held && held->job_id() == lease.job_id() &&
           held->fence() == lease.fence();
  };
  if (same(current_) || same(pending_)) {
    return true;
  }
  if (current_ || pending_ || stop_ ||
      description_.state() == v1::Board::FAULTY) {
    return false;
  }
  pending_ = lease;
  wake_.notify_all();
  return true;
}

void Supervisor::Revoke(const std::string& job_id, int64_t fence) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (pending_ && pending_->job_id() == job_id &&
        pending_->fence() <= fence) {
      pending_.reset();
    }
    if (!current_ || current_->job_id() != job_id ||
        current_->fence() > fence) {
      return;
    }
    revoked_ = true;
    interrupt_ = true;
    io_.Interrupt();
  }
  wake_.notify_all();
}

v1::AgentBoard Supervisor::Describe() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return description_;
}

std::optional<v1::HeldLease> Supervisor::held() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (pending_) {
    v1::HeldLease held;
    held.set_job_id(pending_->job_id());
    held.set_fence(pending_->fence());
    return held;
  }
  return current_;
}

void Supervisor::Publish(v1::Board::State state) {
  v1::AgentBoard copy;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    description_.set_state(state);
    description_.set_erase_count(erase_log_.Count());
    if (state == v1::Board::FAULTY) {
      description_.set_last_fault(std::string(last_error_.message()));
    }
    copy = description_;
  }
  sink_->BoardChanged(copy);
}

Event Supervisor::EventOf(const absl::Status& status) {
  if (status.ok()) {
    return Event::kDone;
  }
  last_error_ = status;
  LOG_DEBUG("agent", "{}: {}: {}", options_.name, PhaseName(state_.phase),
            status.ToString());
  switch (status.code()) {
    case absl::StatusCode::kAborted:
      return io_.session() != nullptr && io_.session()->channel().fault()
                 ? Event::kFault
                 : Event::kReset;
    case absl::StatusCode::kDeadlineExceeded:
      return Event::kSilent;
    case absl::StatusCode::kUnavailable:
      return Event::kPortLost;
    case absl::StatusCode::kDataLoss:
      return Event::kDataLoss;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
      return Event::kRefused;
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kNotFound:
      return Event::kLabTrouble;
    default:
      return Event::kBug;
  }
}

Event Supervisor::Override(Event event) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (stop_) {
    if (state_.has_job) {
      last_error_ = absl::UnavailableError("the agent is being stopped");
    }
    return Event::kStop;
  }
  if (revoked_ && state_.has_job) {
    return Event::kRevoked;
  }
  if (state_.has_job && job_->expired() && event != Event::kDone) {
    last_error_ = absl::DeadlineExceededError(
        absl::StrCat("the job's ", job_->lease().timeout_s(),
                     " s are over while ", std::string(PhaseName(state_.phase)),
                     last_error_.ok() ? "" : ", last: ",
                     std::string(last_error_.message())));
    return Event::kExpired;
  }
  return event;
}

void Supervisor::Enter(const Decision& decision) {
  const bool lost_job = state_.has_job && !decision.state.has_job &&
                        decision.state.phase != Phase::kReporting;
  state_ = decision.state;
  if (lost_job) {
    DropJob();  // revoked: nobody waits for a report
  }
}

void Supervisor::Loop() {
  Decision decision{state_, Action::kConnect};
  while (decision.action != Action::kExit) {
    const Event event = Override(Perform(decision.action, decision));
    const Phase before = state_.phase;
    decision = Decide(state_, event);
    LOG_DEBUG("agent", "{}: {} -> {} ({})", options_.name, PhaseName(before),
              PhaseName(decision.state.phase), EventName(event));
    Enter(decision);
  }
  io_.Close();
}

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
