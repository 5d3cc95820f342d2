#include "server/lab/lease_dispatch.h"

#include <algorithm>
#include <set>

#include "base/log.h"
#include "server/queue/scheduler.h"

namespace tinyrig::server {
namespace {

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

std::vector<LeaseWatch> WatchesOf(const LabState& live) {
  std::vector<LeaseWatch> watches;
  for (const auto& [job_id, lease] : live.leases) {
    watches.push_back({job_id, lease.fence, lease.seen_us, lease.deadline_us,
                       lease.cancel_deadline_us});
  }
  return watches;
}

// What is left of the job's timeout_s when an attempt begins.
int64_t BudgetUs(const JobRecord& record) {
  return int64_t{record.job.spec().timeout_s()} * 1'000'000 - record.used_us;
}

v1::ServerMessage MessageOf(const JobRecord& record, const LiveLease& live) {
  v1::ServerMessage message;
  v1::Lease& lease = *message.mutable_lease();
  lease.set_job_id(record.job.id());
  lease.set_fence(live.fence);
  // The agent knows its boards without its own name in front.
  lease.set_board_name(live.board_name.substr(live.agent_id.size() + 1));
  *lease.mutable_spec() = record.job.spec();
  lease.set_artifact_sha256(live.artifact_sha256);
  lease.set_dataset_sha256(live.dataset_sha256);
  lease.set_next_sample_index(record.stored_samples);
  lease.set_timeout_s(static_cast<int32_t>(
      std::max<int64_t>(1, (BudgetUs(record) + 999'999) / 1'000'000)));
  return message;
}

}  // namespace

int64_t LeaseDispatch::LeaseTimeoutUs() const {
  return int64_t{lab_.options.lease_timeout_ms} * 1000;
}

absl::StatusOr<size_t> LeaseDispatch::TakeUp(LabState& live) {
  // Until their agents are back.
  Complain(lab_.store.SetOffline("", {}, lab_.clock.UnixMicros()),
           "boards offline");
  ASSIGN_OR_RETURN(const auto leases, lab_.store.LiveLeases());
  const int64_t now_us = lab_.clock.MonotonicMicros();
  for (const LeaseRecord& lease : leases) {
    ASSIGN_OR_RETURN(const JobRecord record, lab_.store.GetJob(lease.job_id));
    const int64_t age_us =
        std::max<int64_t>(0, lab_.clock.UnixMicros() - lease.start_us);
    live.leases[lease.job_id] = {
        .job_id = lease.job_id,
        .fence = lease.fence,
        .agent_id = lease.agent_id,
        .board_name = lease.board_name,
        .artifact_sha256 = record.job.artifact_sha256(),
        .dataset_sha256 = record.dataset_sha256,
        .stage = record.job.state(),
        .seen_us = now_us,
        .deadline_us = now_us - age_us + BudgetUs(record),
        .cancel_deadline_us =
            record.cancel_requested
                ? now_us + int64_t{lab_.options.cancel_grace_ms} * 1000
                : 0};
  }
  return leases.size();
}

int64_t LeaseDispatch::NextExpiryUs(const LabState& live) const {
  return NextExpiry(WatchesOf(live), LeaseTimeoutUs());
}

void LeaseDispatch::Expire(LabState& live) {
  const auto expired = ExpiredLeases(WatchesOf(live), LeaseTimeoutUs(),
                                     lab_.clock.MonotonicMicros());
  for (const ExpiredLease& lease : expired) {
    Complain(jobs_.EndLease(live, lease.job_id, EndOf(lease.why), true),
             "expire lease");
  }
}

void LeaseDispatch::CloseSilentStreams(LabState& live) {
  const int64_t now_us = lab_.clock.MonotonicMicros();
  for (auto it = live.agents.begin(); it != live.agents.end();) {
    if (now_us - it->second.seen_us < LeaseTimeoutUs()) {
      ++it;
      continue;
    }
    LOG_WARNING("dispatcher", "agent {} is silent, its stream is closed",
                it->first);
    it->second.stream->Close(absl::UnavailableError("silent for too long"));
    Complain(lab_.store.SetOffline(it->first, {}, lab_.clock.UnixMicros()),
             "boards offline");
    it = live.agents.erase(it);
  }
}

// An agent cannot take the next lease the moment the last one ends.
bool LeaseDispatch::IsFree(const LiveBoard& board) const {
  const int64_t quiet_us = lab_.clock.MonotonicMicros() - board.freed_us;
  return board.state == v1::Board::IDLE &&
         (!board.leased ||
          quiet_us >= int64_t{lab_.options.board_grace_ms} * 1000);
}

std::vector<FreeBoard> LeaseDispatch::FreeBoards(const LabState& live) {
  std::set<std::string_view> taken;
  for (const auto& [job_id, lease] : live.leases) {
    taken.insert(lease.board_name);
  }
  std::vector<FreeBoard> boards;
  for (const auto& [agent_id, agent] : live.agents) {
    for (const auto& [name, board] : agent.boards) {
      if (!IsFree(board) || taken.contains(name)) {
        continue;
      }
      const auto last = live.board_artifacts.find(name);
      boards.push_back(
          {name, store_.KindOf(name), agent_id,
           last == live.board_artifacts.end() ? "" : last->second});
    }
  }
  return boards;
}

void LeaseDispatch::GiveOut(LabState& live) {
  WaitingJobs& waiting = store_.waiting();
  if (!waiting.HasCompiled()) {
    return;
  }
  const int64_t now_us = lab_.clock.UnixMicros();
  std::vector<NewLease> leases;
  for (const Assignment& assignment :
       waiting.Assign(FreeBoards(live), now_us)) {
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
    Send(live, *record, *fences[i], leases[i].board_name);
  }
}

void LeaseDispatch::Send(LabState& live, const JobRecord& record, int64_t fence,
                         const std::string& board_name) {
  const int64_t now_us = lab_.clock.MonotonicMicros();
  LiveLease& lease = live.leases[record.id];
  lease = {.job_id = record.id,
           .fence = fence,
           .agent_id = record.job.agent_id(),
           .board_name = board_name,
           .artifact_sha256 = record.job.artifact_sha256(),
           .dataset_sha256 = record.dataset_sha256,
           .seen_us = now_us,
           .deadline_us = now_us + BudgetUs(record)};
  AttachedAgent& agent = live.agents.at(lease.agent_id);
  agent.boards[board_name].leased = true;
  live.board_artifacts[board_name] = lease.artifact_sha256;
  agent.stream->Send(MessageOf(record, lease));
  LOG_INFO("dispatcher", "job {} attempt {} to {}", record.job.id(), fence,
           board_name);
  lab_.changes.Notify(record.id);
}

}  // namespace tinyrig::server
