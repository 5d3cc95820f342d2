#include "agent/supervisor/supervisor.h"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "base/log.h"

namespace tinyrig::agent {

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

}  // namespace tinyrig::agent
