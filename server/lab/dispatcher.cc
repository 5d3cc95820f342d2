#include "server/lab/dispatcher.h"

#include <algorithm>
#include <chrono>

#include "base/log.h"
#include "server/lab/compiling_jobs.h"

namespace tinyrig::server {
namespace {

// Even when nothing wakes it: clocks of agents run on without a message.
constexpr int64_t kMaxSleepUs = 1'000'000;
constexpr int64_t kMinSleepUs = 1000;
// At least so long from one turn to the next.
constexpr int64_t kGatherUs = 5000;

LockJobs LockerOf(Lab& lab) {
  return [&lab](const std::function<void(CompilingJobs&)>& change) {
    const auto live = lab.state.Lock();
    LabCompilingJobs jobs(lab, *live);
    change(jobs);
  };
}

}  // namespace

Dispatcher::Dispatcher(Lab& lab, WaitingStore& store)
    : lab_(lab),
      leases_(lab, store),
      compiles_({.store = lab.store,
                 .waiting = store,
                 .blobs = lab.blobs,
                 .models = lab.models,
                 .builder = lab.builder,
                 .clock = lab.clock,
                 .lock_jobs = LockerOf(lab)}) {
  lab_.wake_dispatcher = [this] {
    {
      const std::lock_guard lock(wake_mutex_);
      woken_ = true;
    }
    wake_.notify_one();
  };
  lab_.cancel_compile = [this](int64_t job_id) { compiles_.Cancel(job_id); };
}

Dispatcher::~Dispatcher() {
  Stop();
}

absl::Status Dispatcher::Start() {
  RETURN_IF_ERROR(TakeUp());
  compiles_.Start({.compile_jobs = lab_.options.compile_jobs,
                   .compile_timeout_ms = lab_.options.compile_timeout_ms});
  thread_ = std::thread([this] { Loop(); });
  return absl::OkStatus();
}

void Dispatcher::Stop() {
  {
    const std::lock_guard lock(wake_mutex_);
    stopped_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) {
    thread_.join();
  }
  compiles_.Stop();
}

absl::Status Dispatcher::TakeUp() {
  const auto live = lab_.state.Lock();
  RETURN_IF_ERROR(lab_.store.RaiseRevisions());
  ASSIGN_OR_RETURN(const size_t compile_count, compiles_.TakeUp());
  ASSIGN_OR_RETURN(const size_t lease_count, leases_.TakeUp(*live));
  LOG_INFO("dispatcher", "took up {} leases and {} compiles", lease_count,
           compile_count);
  return absl::OkStatus();
}

void Dispatcher::Loop() {
  while (true) {
    const int64_t begin_us = lab_.clock.MonotonicMicros();
    const int64_t sleep_us = std::clamp(Turn() - lab_.clock.MonotonicMicros(),
                                        kMinSleepUs, kMaxSleepUs);
    std::unique_lock lock(wake_mutex_);
    wake_.wait_for(lock, std::chrono::microseconds(sleep_us),
                   [this] { return woken_ || stopped_; });
    // What comes in a burst is done together.
    wake_.wait_for(lock,
                   std::chrono::microseconds(begin_us + kGatherUs -
                                             lab_.clock.MonotonicMicros()),
                   [this] { return stopped_; });
    if (stopped_) {
      return;
    }
    woken_ = false;
  }
}

int64_t Dispatcher::Turn() {
  const auto live = lab_.state.Lock();
  leases_.Expire(*live);
  leases_.CloseSilentStreams(*live);
  LabCompilingJobs jobs(lab_, *live);
  compiles_.Turn(jobs);
  leases_.GiveOut(*live);
  return leases_.NextExpiryUs(*live);
}

}  // namespace tinyrig::server
