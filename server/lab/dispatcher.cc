#include "server/lab/dispatcher.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "base/log.h"
#include "server/queue/job_state.h"
#include "server/queue/scheduler.h"

namespace tinyrig::server {
namespace {

// Even when nothing wakes it: clocks of agents run on without a message.
constexpr int64_t kMaxSleepUs = 1'000'000;
constexpr int64_t kMinSleepUs = 1000;
// At least so long from one turn to the next.
constexpr int64_t kGatherUs = 5000;

void Complain(const absl::Status& status, std::string_view doing) {
  if (!status.ok()) {
    LOG_WARNING("dispatcher", "{}: {}", doing, status.ToString());
  }
}

AttemptEnd EndOf(Expiry why) {
  switch (why) {
    case Expiry::kAgentLost:
      return {.how = AttemptEnd::How::kAgentLost};
    case Expiry::kTimeout:
      return {.how = AttemptEnd::How::kTimeout};
    case Expiry::kCancelled:
      break;
  }
  return {.how = AttemptEnd::How::kCancelled};
}

}  // namespace

Dispatcher::Dispatcher(Lab& lab, WaitingStore& store)
    : lab_(lab),
      store_(store),
      desk_(lab),
      compiling_jobs_(lab, desk_),
      compiles_({.store = lab.store,
                 .waiting = store,
                 .blobs = lab.blobs,
                 .models = lab.models,
                 .builder = lab.builder,
                 .clock = lab.clock,
                 .lock_jobs = [this](const auto& change) {
                   const std::lock_guard lock(lab_.mutex);
                   change(compiling_jobs_);
                 }}) {
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
  {
    const std::lock_guard lock(lab_.mutex);
    RETURN_IF_ERROR(TakeUp());
  }
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
  RETURN_IF_ERROR(lab_.store.RaiseRevisions());
  // Until their agents are back.
  Complain(lab_.store.SetOffline("", {}, lab_.clock.UnixMicros()),
           "boards offline");
  ASSIGN_OR_RETURN(const size_t compile_count, compiles_.TakeUp());
  ASSIGN_OR_RETURN(const auto leases, lab_.store.LiveLeases());
  const int64_t now_us = lab_.clock.MonotonicMicros();
  for (const LeaseRecord& lease : leases) {
    ASSIGN_OR_RETURN(const JobRecord record, lab_.store.GetJob(lease.job_id));
    const int64_t age_us =
        std::max<int64_t>(0, lab_.clock.UnixMicros() - lease.start_us);
    const int64_t budget_us =
        int64_t{record.job.spec().timeout_s()} * 1'000'000 - record.used_us;
    lab_.leases[lease.job_id] = {
        .job_id = lease.job_id,
        .fence = lease.fence,
        .agent_id = lease.agent_id,
        .board_name = lease.board_name,
        .artifact_sha256 = record.job.artifact_sha256(),
        .dataset_sha256 = record.dataset_sha256,
        .stage = record.job.state(),
        .seen_us = now_us,
        .deadline_us = now_us - age_us + budget_us,
        .cancel_deadline_us =
            record.cancel_requested
                ? now_us + int64_t{lab_.options.cancel_grace_ms} * 1000
                : 0};
  }
  LOG_INFO("dispatcher", "took up {} leases and {} compiles", leases.size(),
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
  const std::lock_guard lock(lab_.mutex);
  ExpireLeases();
  CloseSilentStreams();
  compiles_.Turn(compiling_jobs_);
  GiveOutLeases();
  return NextExpiry(Watches(), int64_t{lab_.options.lease_timeout_ms} * 1000);
}

std::vector<LeaseWatch> Dispatcher::Watches() const {
  std::vector<LeaseWatch> watches;
  for (const auto& [job_id, lease] : lab_.leases) {
    watches.push_back({job_id, lease.fence, lease.seen_us, lease.deadline_us,
                       lease.cancel_deadline_us});
  }
  return watches;
}

void Dispatcher::ExpireLeases() {
  const auto expired =
      ExpiredLeases(Watches(), int64_t{lab_.options.lease_timeout_ms} * 1000,
                    lab_.clock.MonotonicMicros());
  for (const ExpiredLease& lease : expired) {
    Complain(desk_.EndLease(lease.job_id, EndOf(lease.why), true),
             "expire lease");
  }
}

void Dispatcher::CloseSilentStreams() {
  const int64_t now_us = lab_.clock.MonotonicMicros();
  const int64_t limit_us = int64_t{lab_.options.lease_timeout_ms} * 1000;
  for (auto it = lab_.sessions.begin(); it != lab_.sessions.end();) {
    if (now_us - it->second.seen_us < limit_us) {
      ++it;
      continue;
    }
    LOG_WARNING("dispatcher", "agent {} is silent, its stream is closed",
                it->first);
    it->second.link->Close(absl::UnavailableError("silent for too long"));
    Complain(lab_.store.SetOffline(it->first, {}, lab_.clock.UnixMicros()),
             "boards offline");
    it = lab_.sessions.erase(it);
  }
}

// An agent cannot take the next lease the moment the last one ends.
bool Dispatcher::IsFree(const LiveBoard& board) const {
  const int64_t quiet_us = lab_.clock.MonotonicMicros() - board.freed_us;
  return board.state == v1::Board::IDLE &&
         (!board.leased ||
          quiet_us >= int64_t{lab_.options.board_grace_ms} * 1000);
}

std::vector<FreeBoard> Dispatcher::FreeBoards() {
  std::set<std::string_view> taken;
  for (const auto& [job_id, lease] : lab_.leases) {
    taken.insert(lease.board_name);
  }
  std::vector<FreeBoard> boards;
  for (const auto& [agent_id, session] : lab_.sessions) {
    for (const auto& [name, live] : session.boards) {
      if (IsFree(live) && !taken.contains(name)) {
        boards.push_back(
            {name, store_.KindOf(name), agent_id, lab_.board_artifacts[name]});
      }
    }
  }
  return boards;
}

void Dispatcher::GiveOutLeases() {
  WaitingJobs& waiting = store_.waiting();
  if (!waiting.HasCompiled()) {
    return;
  }
  const int64_t now_us = lab_.clock.UnixMicros();
  std::vector<NewLease> leases;
  for (const Assignment& assignment : waiting.Assign(FreeBoards(), now_us)) {
    leases.push_back({.job_id = assignment.job_id,
                      .agent_id = assignment.agent_id,
                      .board_name = assignment.board_name,
                      .now_us = now_us});
  }
  if (leases.empty()) {
    return;
  }
  const auto fences = store_.AddLeases(leases);
  for (size_t i = 0; i < leases.size(); ++i) {
    const auto record = lab_.store.GetJob(leases[i].job_id);
    if (!fences[i].ok() || !record.ok()) {
      Complain(fences[i].ok() ? record.status() : fences[i].status(), "lease");
      continue;
    }
    Complain(SendLease(*record, *fences[i], leases[i].board_name),
             "send lease");
  }
}

absl::Status Dispatcher::SendLease(const JobRecord& record, int64_t fence,
                                   const std::string& board_name) {
  const int64_t now_us = lab_.clock.MonotonicMicros();
  const int64_t budget_us =
      int64_t{record.job.spec().timeout_s()} * 1'000'000 - record.used_us;
  LiveLease& live = lab_.leases[record.id];
  live = {.job_id = record.id,
          .fence = fence,
          .agent_id = record.job.agent_id(),
          .board_name = board_name,
          .artifact_sha256 = record.job.artifact_sha256(),
          .dataset_sha256 = record.dataset_sha256,
          .seen_us = now_us,
          .deadline_us = now_us + budget_us};
  Session& session = lab_.sessions.at(record.job.agent_id());
  session.boards[board_name].leased = true;
  lab_.board_artifacts[board_name] = live.artifact_sha256;
  v1::ServerMessage message;
  v1::Lease& lease = *message.mutable_lease();
  lease.set_job_id(record.job.id());
  lease.set_fence(fence);
  lease.set_board_name(board_name.substr(record.job.agent_id().size() + 1));
  *lease.mutable_spec() = record.job.spec();
  lease.set_artifact_sha256(live.artifact_sha256);
  lease.set_dataset_sha256(live.dataset_sha256);
  lease.set_next_sample_index(record.stored_samples);
  lease.set_timeout_s(static_cast<int32_t>(
      std::max<int64_t>(1, (budget_us + 999'999) / 1'000'000)));
  session.link->Send(message);
  LOG_INFO("dispatcher", "job {} attempt {} to {}", record.job.id(), fence,
           board_name);
  lab_.bell.Ring(record.id);
  return absl::OkStatus();
}

}  // namespace tinyrig::server
